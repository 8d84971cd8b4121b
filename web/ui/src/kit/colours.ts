// The colours of this theme, for what is drawn on a canvas.
export function colour(name: string): string {
    return getComputedStyle(document.documentElement).getPropertyValue(`--bw-${name}`).trim();
}

export function chartColours(): { text: string; grid: string; accent: string; accentSoft: string } {
    return { text: colour("quiet"), grid: colour("line"), accent: colour("accent"), accentSoft: colour("accent-soft") };
}

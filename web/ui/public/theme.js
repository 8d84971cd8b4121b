// Before anything is drawn, so that a dark page does not begin with a white flash.
document.documentElement.dataset.bsTheme =
    localStorage.getItem("bellwire.theme") ||
    (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");

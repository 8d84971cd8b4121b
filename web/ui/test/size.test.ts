// All pages together stay small: what a browser fetches once, over any line.
import { strict as assert } from "node:assert";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

const BUILT = join(import.meta.dirname, "../../../build/ui/assets");
const BYTES_MAX = 150_000; // JavaScript and CSS, gzipped

test("JavaScript and CSS of all pages are 150 kB at most", () => {
    const files = readdirSync(BUILT).filter((file) => /\.(js|css)$/.test(file));
    assert.ok(files.length > 0);
    const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(join(BUILT, file)), { level: 9 }).length, 0);
    console.log(`pages: ${(bytes / 1000).toFixed(1)} kB gzipped`);
    assert.ok(bytes <= BYTES_MAX, `${bytes} bytes gzipped`);
});

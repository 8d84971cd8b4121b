// After tsc: the one file that a page without a bundler needs for the elements, and the license, which a
// package brings along.
import { copyFileSync } from "node:fs";
import { build } from "esbuild";

await build({
    entryPoints: ["dist/elements/index.js"],
    outfile: "dist/elements.min.js",
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
});
copyFileSync("../../LICENSE", "dist/LICENSE");

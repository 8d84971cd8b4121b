// The core stays small: what a page loads for `import { connect } from "bellwire"`.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const BUDGET_BYTES = 8 * 1024;

test("the core is at most 8 KiB, minified and gzipped, and imports nothing", async () => {
    const { outputFiles, metafile } = await build({
        entryPoints: [new URL("../src/index.ts", import.meta.url).pathname],
        bundle: true, minify: true, format: "esm", target: "es2022", write: false, metafile: true,
    });
    const bytes = gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
    console.log(`core: ${bytes} bytes gzipped, of ${BUDGET_BYTES}`);
    assert.ok(bytes <= BUDGET_BYTES, `${bytes} bytes`);
    const packages = Object.keys(metafile.inputs).filter((path) => path.includes("node_modules"));
    assert.deepEqual(packages, []);
});

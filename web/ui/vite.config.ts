// The pages are built into build/ui, from where the Makefile embeds them into bellwired.
import { defineConfig } from "vite";

export default defineConfig({
    base: "/",
    build: {
        outDir: "../../build/ui",
        emptyOutDir: true,
        target: "es2022",
        assetsInlineLimit: 0, // a data: address would need a weaker Content-Security-Policy
        modulePreload: { polyfill: false },
    },
    css: { preprocessorOptions: { scss: { quietDeps: true, silenceDeprecations: ["import"] } } },
});

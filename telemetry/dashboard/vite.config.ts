import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

/** One page, one script, one style sheet; relative addresses, so it also works behind a proxy path. */
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: fileURLToPath(new URL("../../dist/dashboard", import.meta.url)),
    emptyOutDir: true,
    target: ["chrome123", "firefox120", "safari17.5"],
    // light-dark() must reach the browser as written: charts resolve it against the element's own color-scheme.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
  },
});

// What ./asic-reservoir runs: builds when a source is newer than the build, then becomes the program.
import path from "node:path";
import { pathToFileURL } from "node:url";
import { prepare, ROOT } from "./prepare.mjs";

prepare();
await import(pathToFileURL(path.join(ROOT, "dist/device/cli/main.js")).href);

// npm run bench -- NAME: builds, then runs bench/NAME.ts. Without NAME: lists what there is.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { prepare, ROOT } from "./prepare.mjs";

prepare();
const args = ["--import", "tsx", path.join(ROOT, "bench/harness/run.ts"), ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: "inherit" });
process.exitCode = status ?? 1;

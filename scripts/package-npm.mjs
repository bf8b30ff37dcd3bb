// Packs the reservoir library alone for other programs: build/package/asic-reservoir-VERSION.tgz, with the addon of this architecture.
//   node scripts/package-npm.mjs [--out FOLDER] [--built]        --built: pack what is built, build nothing
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { prepare, ROOT } from "./prepare.mjs";

const { values } = parseArgs({ options: { out: { type: "string" }, built: { type: "boolean", default: false } } });
const out = path.resolve(values.out ?? path.join(ROOT, "build/package"));
if (!values.built) prepare();

const { name, version, description, license, engines } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8"));
const stage = path.join(out, `npm-stage-${process.pid}`);
try {
  const copied = ["dist/reservoir", "dist/common", "build/native/release/reservoir.node", "LICENSE"];
  for (const file of copied) {
    mkdirSync(path.dirname(path.join(stage, file)), { recursive: true });
    cpSync(path.join(ROOT, file), path.join(stage, file), { recursive: true, filter: (from) => !from.endsWith(".map") });
  }
  const manifest = {
    name,
    version,
    description,
    license,
    type: "module",
    engines,
    os: [process.platform],
    cpu: [process.arch],
    exports: { ".": "./dist/reservoir/index.js", "./reservoir": "./dist/reservoir/index.js", "./package.json": "./package.json" },
    imports: { "#native/*": "./build/native/release/*.node" },
    files: copied,
  };
  writeFileSync(path.join(stage, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  execFileSync("npm", ["pack", "--silent", "--pack-destination", out], { cwd: stage, stdio: ["ignore", "ignore", "inherit"] });
  console.log(path.join(out, `${name}-${version}.tgz`));
} finally {
  rmSync(stage, { recursive: true, force: true });
}

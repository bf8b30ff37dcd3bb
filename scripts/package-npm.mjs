// Packs the reservoir library alone for other programs: build/package/asic-reservoir-VERSION.tgz, with its types and the addon of this architecture.
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
const LIBRARY = { types: "./dist/reservoir/index.d.ts", default: "./dist/reservoir/index.js" };
const stage = path.join(out, `npm-stage-${process.pid}`);

/** Declarations of what the library exports and of what that is made of. */
function putTypes() {
  const compilerOptions = { noEmit: false, declaration: true, emitDeclarationOnly: true, outDir: path.join(stage, "dist"), rootDir: ROOT };
  const project = path.join(stage, "tsconfig.json");
  const files = [path.join(ROOT, "reservoir/index.ts")];
  const typeRoots = [path.join(ROOT, "node_modules/@types")];
  writeFileSync(
    project,
    JSON.stringify({ extends: path.join(ROOT, "tsconfig.json"), compilerOptions: { ...compilerOptions, typeRoots }, files, include: [] }),
  );
  execFileSync(path.join(ROOT, "node_modules/.bin/tsc"), ["-p", project], { stdio: ["ignore", "inherit", "inherit"] });
  rmSync(project);
}

try {
  const copied = ["dist/reservoir", "dist/common", "build/native/release/reservoir.node", "LICENSE"];
  for (const file of copied) {
    mkdirSync(path.dirname(path.join(stage, file)), { recursive: true });
    cpSync(path.join(ROOT, file), path.join(stage, file), { recursive: true, filter: (from) => !from.endsWith(".map") });
  }
  // What npm shows. Pages that only the repository has are named, not linked.
  const readme = readFileSync(path.join(ROOT, "reservoir/README.md"), "utf8");
  writeFileSync(path.join(stage, "README.md"), readme.replace(/\[([^\]]*)\]\(\.\.\/docs\/[^)]*\)/g, "$1"));
  putTypes();
  const manifest = {
    name,
    version,
    description,
    license,
    type: "module",
    engines,
    os: [process.platform],
    cpu: [process.arch],
    exports: { ".": LIBRARY, "./reservoir": LIBRARY, "./package.json": "./package.json" },
    types: LIBRARY.types,
    imports: { "#native/*": "./build/native/release/*.node" },
    files: [...copied, "README.md"],
  };
  writeFileSync(path.join(stage, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  execFileSync("npm", ["pack", "--silent", "--pack-destination", out], { cwd: stage, stdio: ["ignore", "ignore", "inherit"] });
  console.log(path.join(out, `${name}-${version}.tgz`));
} finally {
  rmSync(stage, { recursive: true, force: true });
}

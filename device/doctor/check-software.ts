import type { SoftwareFacts } from "./facts.ts";
import { bad, ok, type Row, warning } from "./row.ts";

/** package.json, engines. */
const LEAST_NODE = [20, 19] as const;

export function checkSoftware({ node, architecture, addons, kernels, missing, modemManager }: SoftwareFacts): Row[] {
  const rows: Row[] = [nodeRow(node)];
  for (const { name, error } of addons) {
    if (error !== null) rows.push(bad("software", `the native part of ${name} does not load: ${error}`, "make clean native"));
  }
  if (addons.every(({ error }) => error === null)) rows.push(ok("software", `native parts load on ${architecture}: ${kernels.join(", ")}`));
  for (const { program, debianPackage, needed } of missing) {
    const what = needed === "build" ? "needed to build" : "needed by the tests alone";
    rows.push(warning("software", `${program} is not there (${what})`, `sudo apt-get install ${debianPackage}`));
  }
  if (missing.length === 0) rows.push(ok("software", "every Debian package is there"));
  if (modemManager === true)
    rows.push(warning("software", "ModemManager runs, and writes to every new serial port", "sudo systemctl disable --now ModemManager"));
  return rows;
}

function nodeRow(version: string): Row {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const good = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
  const least = LEAST_NODE.join(".");
  return good
    ? ok("software", `Node ${version}`)
    : bad("software", `Node ${version} is older than ${least}`, `install Node ${least} or newer (https://nodejs.org)`);
}

// RAUC's bundle of a system, and the key that signs it.
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

const run = (command, ...words) => execFileSync(command, words, { stdio: ["ignore", "ignore", "pipe"] });

/** A key made on the spot, with its certificate: good for one's own machines, and never in the repository. */
export function developmentKey(folder) {
  const key = path.join(folder, "development-key.pem");
  const certificate = path.join(folder, "development-certificate.pem");
  if (!existsSync(key)) {
    run(
      ...["openssl", "req", "-x509", "-newkey", "rsa:3072", "-nodes", "-batch", "-days", "3650", "-subj", "/CN=asic-reservoir development"],
      ...["-keyout", key, "-out", certificate],
    );
    chmodSync(key, 0o600);
  }
  return { key, certificate };
}

/** Writes the signed bundle `file` of a squashfs. `version`: what `rauc info` says. */
export function makeBundle({ file, system, version, key, certificate }) {
  const folder = mkdtempSync(path.join(path.dirname(file), "bundle-"));
  const content = path.join(folder, "content");
  try {
    mkdirSync(content);
    linkSync(system, path.join(content, "system.squashfs"));
    writeFileSync(
      path.join(content, "manifest.raucm"),
      `[update]
compatible=asic-reservoir-amd64
version=${version}

[bundle]
format=verity

[image.rootfs]
filename=system.squashfs
`,
    );
    rmSync(file, { force: true });
    // What is in there is compressed already.
    const asItIs = "--mksquashfs-args=-noD -noF -noI -noX";
    run("rauc", `--cert=${certificate}`, `--key=${key}`, "bundle", asItIs, content, file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

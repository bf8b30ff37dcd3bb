// Software bill of materials: CycloneDX 1.5, from the lock file and the runtime that is brought along. The same input gives the same bytes.
import { createHash } from "node:crypto";

/** `modules` as productionModules() gives them; `node` is the version of a bundled runtime, or null. */
export function sbom({ name, version, license }, modules, node, epochSeconds) {
  const components = [
    ...(node === null
      ? []
      : [{ type: "application", "bom-ref": `pkg:generic/node@${node}`, name: "node", version: node, purl: `pkg:generic/node@${node}` }]),
    ...modules.map(component),
  ];
  const document = {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: {
      timestamp: new Date(epochSeconds * 1000).toISOString(),
      component: { type: "application", "bom-ref": "root", name, version, licenses: [{ license: { id: license } }] },
    },
    components,
    dependencies: [{ ref: "root", dependsOn: components.map((each) => each["bom-ref"]) }],
  };
  const digest = createHash("sha256").update(JSON.stringify(document)).digest("hex");
  return { ...document, serialNumber: `urn:uuid:${uuidOf(digest)}` };
}

function component({ folder, name, version, license, integrity }) {
  // A package may be there twice, in folders of their own.
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  const sha512 = /^sha512-(\S+)$/.exec(integrity ?? "")?.[1];
  return {
    type: "library",
    "bom-ref": `${purl}#${folder}`,
    name,
    version,
    purl,
    ...(license === null ? {} : { licenses: [/ (AND|OR|WITH) /.test(license) ? { expression: license } : { license: { name: license } }] }),
    ...(sha512 ? { hashes: [{ alg: "SHA-512", content: Buffer.from(sha512, "base64").toString("hex") }] } : {}),
  };
}

/** RFC 9562, version 8: a digest in the form of a UUID. */
function uuidOf(hex) {
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `${variant}${hex.slice(17, 20)}`, hex.slice(20, 32)].join("-");
}

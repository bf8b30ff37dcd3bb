import { createCipheriv, createDecipheriv, createHash, randomBytes, scryptSync } from "node:crypto";
import { RecordingError } from "../../common/errors.ts";

/** An answer nobody can read without the secret, and nobody can exchange: docs/planted-effects.md. Byte strings are hexadecimal. */
export interface SealedAnswer {
  readonly format: "asic-reservoir sealed answer";
  readonly version: 1;
  readonly kdf: { readonly name: "scrypt"; readonly n: number; readonly r: number; readonly p: number; readonly salt: string };
  readonly cipher: { readonly name: "aes-256-gcm"; readonly iv: string; readonly tag: string };
  /** SHA-256 of the plain bytes, which begin with 32 random ones: says nothing about them, and fixes them. */
  readonly commitment: string;
  /** SHA-256 of each file that the answer is about, by name; the seal covers them. */
  readonly files: Readonly<Record<string, string>>;
  readonly sealed: string;
}

const SCRYPT = { n: 2 ** 15, r: 8, p: 1 } as const;
const SCRYPT_MEMORY = 256 * SCRYPT.n * SCRYPT.r;
const BLIND_BYTES = 32;
/** Plain bytes come in whole blocks of this, so that the length of the sealed ones tells little. */
const PAD_BYTES = 4096;

export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function keyOf(secret: string, salt: Uint8Array, { n, r, p }: { n: number; r: number; p: number }): Buffer {
  return scryptSync(secret.normalize("NFC"), salt, 32, { N: n, r, p, maxmem: SCRYPT_MEMORY });
}

/** What the seal covers besides the answer: changing any of it breaks the seal. */
function covered(answer: Omit<SealedAnswer, "cipher" | "sealed">, iv: string): Buffer {
  const { format, version, kdf, commitment, files } = answer;
  return Buffer.from(JSON.stringify([format, version, kdf, iv, commitment, Object.entries(files).sort()]));
}

/** Seals `answer` (anything JSON can say) with the secret. `random` gives fresh random bytes. */
export function sealAnswer(
  answer: unknown,
  secret: string,
  files: Readonly<Record<string, string>>,
  random: (bytes: number) => Uint8Array = randomBytes,
): SealedAnswer {
  const text = Buffer.from(JSON.stringify(answer));
  const used = BLIND_BYTES + 4 + text.length;
  const plain = Buffer.alloc(Math.ceil(used / PAD_BYTES) * PAD_BYTES);
  plain.set(random(BLIND_BYTES));
  plain.writeUInt32LE(text.length, BLIND_BYTES);
  plain.set(text, BLIND_BYTES + 4);
  const salt = random(16);
  const iv = random(12);
  const open = {
    format: "asic-reservoir sealed answer",
    version: 1,
    kdf: { name: "scrypt", ...SCRYPT, salt: Buffer.from(salt).toString("hex") },
    commitment: sha256Hex(plain),
    files,
  } as const;
  const cipher = createCipheriv("aes-256-gcm", keyOf(secret, salt, SCRYPT), iv);
  const ivHex = Buffer.from(iv).toString("hex");
  cipher.setAAD(covered(open, ivHex));
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]).toString("hex");
  return { ...open, cipher: { name: "aes-256-gcm", iv: ivHex, tag: cipher.getAuthTag().toString("hex") }, sealed };
}

/**
 * The answer, when the secret is right and nothing was changed. RecordingError SEAL_FORMAT (no such file), SEAL_BROKEN (wrong secret or changed, which cannot be told
 * apart).
 */
export function openAnswer(sealed: SealedAnswer, secret: string): unknown {
  const { kdf, cipher, commitment } = sealed;
  if (sealed.format !== "asic-reservoir sealed answer" || sealed.version !== 1 || kdf?.name !== "scrypt" || cipher?.name !== "aes-256-gcm")
    throw new RecordingError(
      "SEAL_FORMAT",
      "This is no sealed answer that this program can open.",
      "Name the answer file that `twin plant` wrote.",
    );
  const plain = unsealed(sealed, secret);
  if (plain === null || sha256Hex(plain) !== commitment)
    throw new RecordingError("SEAL_BROKEN", "The answer does not open.", "The secret is another one, or the file was changed.", {
      commitment,
    });
  const length = plain.readUInt32LE(BLIND_BYTES);
  return JSON.parse(plain.subarray(BLIND_BYTES + 4, BLIND_BYTES + 4 + length).toString("utf8"));
}

function unsealed(sealed: SealedAnswer, secret: string): Buffer | null {
  const { kdf, cipher } = sealed;
  // Other parameters than ours are a changed file; some would take all memory there is.
  if (kdf.n !== SCRYPT.n || kdf.r !== SCRYPT.r || kdf.p !== SCRYPT.p) return null;
  try {
    const decipher = createDecipheriv("aes-256-gcm", keyOf(secret, Buffer.from(kdf.salt, "hex"), kdf), Buffer.from(cipher.iv, "hex"), {
      authTagLength: 16,
    });
    decipher.setAAD(covered(sealed, cipher.iv));
    decipher.setAuthTag(Buffer.from(cipher.tag, "hex"));
    return Buffer.concat([decipher.update(Buffer.from(sealed.sealed, "hex")), decipher.final()]);
  } catch {
    return null;
  }
}

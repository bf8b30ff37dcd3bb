/**
 * Signatures in minisign's file format, so that what is signed here can be checked by `minisign -V` too: Ed25519 over the BLAKE2b-512 of
 * the file, and again over that signature and the trusted comment. https://jedisct1.github.io/minisign/ (section "Signature format")
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { FirmwareError } from "../common/errors.ts";

export interface PublicKey {
  readonly key: KeyObject;
  readonly id: Uint8Array;
}

const KEY_ALGORITHM = "Ed";
/** Of what was hashed before. The other one, "Ed", signs the file itself; minisign has not made it since 0.10. */
const HASHED_ALGORITHM = "ED";
const ID_BYTES = 8;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const TRUSTED = "trusted comment: ";

/** The two lines of a public key file, or the second alone. FIRMWARE_KEY_UNREADABLE. */
export function readPublicKey(text: string): PublicKey {
  const bytes = Buffer.from(text.trim().split("\n").at(-1) ?? "", "base64");
  if (bytes.length !== 2 + ID_BYTES + KEY_BYTES || bytes.toString("latin1", 0, 2) !== KEY_ALGORITHM)
    throw unreadableKey("This is no Ed25519 public key in minisign's form.");
  return { id: bytes.subarray(2, 2 + ID_BYTES), key: publicKeyOf(bytes.subarray(2 + ID_BYTES)) };
}

/** The public half of a PEM private key, as a file. Its id is the beginning of its SHA-256. */
export function publicKeyFile(privateKey: KeyObject): string {
  const raw = rawPublicKey(createPublicKey(privateKey));
  const id = keyId(raw);
  const text = Buffer.concat([Buffer.from(KEY_ALGORITHM), id, raw]).toString("base64");
  return `untrusted comment: minisign public key ${Buffer.from(id).reverse().toString("hex").toUpperCase()}\n${text}\n`;
}

/** An Ed25519 private key as `openssl genpkey -algorithm ed25519` writes it. FIRMWARE_KEY_UNREADABLE. */
export function readPrivateKey(pem: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw unreadableKey("This is no private key in PEM form, or it has a passphrase.");
  }
  if (key.asymmetricKeyType !== "ed25519") throw unreadableKey(`This is a key of kind ${key.asymmetricKeyType}, not Ed25519.`);
  return key;
}

/** The four lines of a signature file. */
export function signBytes(bytes: Uint8Array, privateKey: KeyObject, trustedComment: string): string {
  const signature = sign(null, hashed(bytes), privateKey);
  const whole = sign(null, Buffer.concat([signature, Buffer.from(trustedComment)]), privateKey);
  const line = Buffer.concat([Buffer.from(HASHED_ALGORITHM), keyId(rawPublicKey(createPublicKey(privateKey))), signature]);
  return [
    "untrusted comment: signature of asic-reservoir",
    line.toString("base64"),
    `${TRUSTED}${trustedComment}`,
    whole.toString("base64"),
    "",
  ].join("\n");
}

/** Resolves with the trusted comment. FIRMWARE_SIGNATURE when a byte of file, signature or comment is not what this key signed. */
export function verifyBytes(bytes: Uint8Array, signatureFile: string, { key, id }: PublicKey): string {
  const [, line = "", comment = "", wholeLine = ""] = signatureFile.split("\n");
  const packed = Buffer.from(line, "base64");
  const whole = Buffer.from(wholeLine, "base64");
  if (packed.length !== 2 + ID_BYTES + SIGNATURE_BYTES || whole.length !== SIGNATURE_BYTES || !comment.startsWith(TRUSTED))
    throw badSignature("The signature file is not in minisign's form.");
  if (packed.toString("latin1", 0, 2) !== HASHED_ALGORITHM) throw badSignature("The signature is of a kind that is not accepted.");
  if (!packed.subarray(2, 2 + ID_BYTES).equals(id)) throw badSignature("The signature was made with another key than the trusted one.");
  const signature = packed.subarray(2 + ID_BYTES);
  const trusted = comment.slice(TRUSTED.length);
  if (!verify(null, hashed(bytes), key, signature)) throw badSignature("The signature does not fit the file: one of them was changed.");
  if (!verify(null, Buffer.concat([signature, Buffer.from(trusted)]), key, whole))
    throw badSignature("The signature's trusted comment was changed.");
  return trusted;
}

const hashed = (bytes: Uint8Array): Buffer => createHash("blake2b512").update(bytes).digest();
const keyId = (raw: Uint8Array): Buffer => createHash("sha256").update(raw).digest().subarray(0, ID_BYTES);

function publicKeyOf(raw: Uint8Array): KeyObject {
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(raw).toString("base64url") }, format: "jwk" });
}

function rawPublicKey(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: "jwk" }).x ?? "", "base64url");
}

function unreadableKey(message: string): FirmwareError {
  const hint = "`openssl genpkey -algorithm ed25519 -out key.pem` makes a private key; `firmware sign` writes its public half.";
  return new FirmwareError("FIRMWARE_KEY_UNREADABLE", message, hint);
}

function badSignature(message: string): FirmwareError {
  const hint = "Do not use these files: fetch index.json and index.json.minisig again from where you trust them.";
  return new FirmwareError("FIRMWARE_SIGNATURE", message, hint);
}

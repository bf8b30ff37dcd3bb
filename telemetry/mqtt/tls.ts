/** Certificates for TLS, read anew for each connection: one that was renewed is taken with the next. */
import { readFileSync } from "node:fs";
import { TelemetryError } from "../../common/errors.ts";

/** PEM files. */
export interface TlsFiles {
  /** Who signed the broker's certificate; absent: those this host trusts. */
  readonly caFile?: string;
  /** Proves who this rig is, for brokers that ask; with its key. */
  readonly certFile?: string;
  readonly keyFile?: string;
}

export interface TlsMaterial {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

const ENCRYPTED = ["mqtts:", "ssl:", "wss:"];

/**
 * TelemetryError TLS_FILE_UNREADABLE; TLS_WITHOUT_ENCRYPTION where the address would send everything in the clear; TLS_KEY_MISSING where of
 * certificate and key only one is named.
 */
export function readTls(files: TlsFiles, url: URL): TlsMaterial {
  const { caFile, certFile, keyFile } = files;
  const named = caFile ?? certFile ?? keyFile;
  if (named !== undefined && !ENCRYPTED.includes(url.protocol)) {
    const text = `${url.protocol}//${url.host} is not encrypted: certificates are of no use there.`;
    throw new TelemetryError("TLS_WITHOUT_ENCRYPTION", text, "Write the broker's address with mqtts:// or wss://.", { file: named });
  }
  if ((certFile === undefined) !== (keyFile === undefined)) {
    const text = "A certificate and its key belong together, and only one of them is named.";
    throw new TelemetryError("TLS_KEY_MISSING", text, "Set both mqtt.certFile and mqtt.keyFile, or neither.", {
      certFile: certFile ?? null,
      keyFile: keyFile ?? null,
    });
  }
  return {
    ...(caFile === undefined ? {} : { ca: pem(caFile) }),
    ...(certFile === undefined ? {} : { cert: pem(certFile) }),
    ...(keyFile === undefined ? {} : { key: pem(keyFile) }),
  };
}

function pem(file: string): Buffer {
  let content: Buffer | null = null;
  let cause: unknown;
  try {
    content = readFileSync(file);
  } catch (error) {
    cause = error;
  }
  if (content?.includes("-----BEGIN ")) return content;
  const why = cause === undefined ? "it is no PEM file" : (cause as NodeJS.ErrnoException).code;
  const hint = "Name a PEM file (-----BEGIN ...-----) that the daemon's user may read.";
  throw new TelemetryError("TLS_FILE_UNREADABLE", `${file} cannot be used for TLS (${why}).`, hint, { file }, cause);
}

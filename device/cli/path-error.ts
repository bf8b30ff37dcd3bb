/** What the system says of a path that somebody named, as an error that a person can act on. */
import { AsicError, ConfigError, StoreError } from "../../common/errors.ts";

/** The name itself is wrong. */
const WRONG_NAME: Readonly<Record<string, string>> = {
  ENOENT: "there is nothing there",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of it is no folder",
  EEXIST: "it is there already",
  ENOTEMPTY: "it is not empty",
  ELOOP: "its links lead round in a circle",
  ENAMETOOLONG: "the name is too long",
};

/** The name is right and the system does not let it be used. */
const REFUSED: Readonly<Record<string, string>> = {
  EACCES: "this user may not",
  EPERM: "this user may not",
  EROFS: "what it is on may only be read",
  ENOSPC: "nothing is free there",
  EDQUOT: "this user's share of it is used up",
  EIO: "the device behind it fails",
  EMFILE: "this process has too many files open",
};

/** The coded error of a system error about a file, whose path and call it has; any other error as it is. */
export function pathError(error: unknown): unknown {
  if (error instanceof AsicError || !(error instanceof Error)) return error;
  const { code = "", path, syscall = "use" } = error as NodeJS.ErrnoException;
  const context = { path, syscall, systemCode: code };
  const name = path === undefined ? "A file" : path;
  const wrong = WRONG_NAME[code];
  if (wrong !== undefined)
    return new ConfigError("PATH_WRONG", `${name} cannot be used (${syscall}): ${wrong} (${code}).`, "Name another path.", context, error);
  const refused = REFUSED[code];
  if (refused !== undefined) {
    const message = `${name} cannot be used (${syscall}): ${refused} (${code}).`;
    return new StoreError("PATH_REFUSED", message, "Choose another place, or see to its owner, its rights and its room.", context, error);
  }
  return error;
}

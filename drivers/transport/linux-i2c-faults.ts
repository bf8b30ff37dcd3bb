/** What the errno of an I2C transfer on Linux means. */
import { DriverError } from "../../common/errors.ts";
import { linkLost } from "./control-port.ts";

/** Linux numbers; libuv's table lacks some. */
const NAMES: Readonly<Record<number, string>> = {
  5: "EIO",
  6: "ENXIO",
  9: "EBADF",
  11: "EAGAIN",
  16: "EBUSY",
  19: "ENODEV",
  25: "ENOTTY",
  71: "EPROTO",
  95: "EOPNOTSUPP",
  108: "ESHUTDOWN",
  110: "ETIMEDOUT",
  121: "EREMOTEIO",
};

export const errnoName = (errno: number): string => NAMES[errno] ?? `errno ${errno}`;

/**
 * No acknowledge. The kernel's rule is ENXIO; some adapters say EREMOTEIO, and the Xilinx one of the S9's controller says EIO for
 * every transmit error, of which a missing acknowledge is the common one.
 */
const NAK = ["ENXIO", "EREMOTEIO", "EIO"];
const GONE = ["ENODEV", "ESHUTDOWN", "EBADF"];
const BUS: Readonly<Record<string, string>> = {
  EAGAIN: "another master won the bus",
  ETIMEDOUT: "the bus was not free, or a device held the clock, for too long",
  EBUSY: "the bus is busy",
  EPROTO: "a device broke the protocol",
};

/** The transfer's failure as an error: I2C_NAK, LINK_LOST when the adapter is gone, else I2C_BUS. */
export function i2cFault(path: string, address: number, errno: number): DriverError {
  const name = errnoName(errno);
  const context = { path, address, errno: name };
  const device = `0x${address.toString(16).padStart(2, "0")}`;
  if (NAK.includes(name)) {
    const message = `No device acknowledged at I2C address ${device} on ${path} (${name}).`;
    return new DriverError("I2C_NAK", message, "Check that the board has this chip and is powered.", context);
  }
  if (GONE.includes(name)) return linkLost(path, { message: `the I2C adapter is gone (${name})` });
  const message = `The I2C bus ${path} failed at address ${device}: ${BUS[name] ?? "the adapter gives no reason"} (${name}).`;
  const hint =
    "Check SDA and SCL for a short and a missing pull-up, and that no other program drives this bus; then power the board off and on.";
  return new DriverError("I2C_BUS", message, hint, context);
}

/** Why a bus could not be opened: PORT_MISSING, PORT_DENIED, PORT_OPEN_FAILED. `buses` are those that are there. */
export function i2cOpenFailure(path: string, cause: NodeJS.ErrnoException, buses: readonly string[]): DriverError {
  if (cause.code === "ENOENT" || cause.code === "ENXIO" || cause.code === "ENODEV") {
    const hint =
      buses.length === 0
        ? "No I2C bus is there: run `sudo modprobe i2c-dev`, and enable the bus (raspi-config, or the device tree)."
        : `I2C buses here: ${buses.join(", ")}; check the configuration.`;
    return new DriverError("PORT_MISSING", `There is no I2C bus ${path}.`, hint, { path, buses }, cause);
  }
  if (cause.code === "EACCES" || cause.code === "EPERM") {
    const hint = 'Run `sudo usermod -aG i2c $USER` and log in again, or add the udev rule KERNEL=="i2c-[0-9]*", GROUP="i2c", MODE="0660".';
    return new DriverError("PORT_DENIED", `This user may not open ${path}.`, hint, { path }, cause);
  }
  const hint = "Look at the last lines of `dmesg`.";
  return new DriverError("PORT_OPEN_FAILED", `The I2C bus ${path} cannot be opened: ${cause.message}.`, hint, { path }, cause);
}

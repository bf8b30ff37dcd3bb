/** A serial port as a flasher of an ESP32 needs it. device/ makes one of a real port. */
export interface EspPort {
  /** Of the USB device behind it; null when there is none or it is not known. */
  readonly usb: { readonly vendorId: number; readonly productId: number } | null;
  open(baud: number): Promise<void>;
  write(bytes: Uint8Array): Promise<void>;
  /** Both lines as a program sees them: true is asserted, and low at the chip. */
  setSignals(lines: { readonly dtr?: boolean; readonly rts?: boolean }): Promise<void>;
  onData(listener: (bytes: Uint8Array) => void): void;
  close(): Promise<void>;
}

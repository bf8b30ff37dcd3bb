/** Debian's Chromium, as the tests and benchmarks start it. */
export const CHROMIUM = "/usr/bin/chromium";

export const CHROMIUM_ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

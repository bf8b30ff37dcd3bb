/** Programs that the build and the tests start, and the Debian package of each. The same as in scripts/prepare.mjs, which runs before anything is built. */
export const BUILD_PROGRAMS = { "g++": "g++", make: "make", python3: "python3" } as const;
export const TEST_PROGRAMS = { chromium: "chromium", mosquitto: "mosquitto" } as const;

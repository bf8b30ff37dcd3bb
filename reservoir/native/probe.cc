#include "probe.h"

#include <chrono>
#include <vector>

#include "buffer.h"
#include "instruction_set.h"
#include "lanes.h"
#include "team.h"

namespace asicr {
namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

constexpr size_t kChains = 12;
constexpr size_t kTurns = 20000;

// Twelve chains cover the latency of every multiply-add unit known. Returns the operations done.
template <size_t W>
ASICR_INLINE double chainsBody(double* sink) {
  Vector<W> chain[kChains];
  for (size_t c = 0; c < kChains; ++c) chain[c] = all<W>(static_cast<double>(c));
  const Vector<W> factor = all<W>(0.999), term = all<W>(1e-3);
  for (size_t turn = 0; turn < kTurns; ++turn)
#pragma GCC unroll 12
    for (size_t c = 0; c < kChains; ++c) chain[c] = chain[c] * factor + term;
  for (size_t c = 0; c < kChains; ++c) *sink += sumOf<W>(chain[c]);
  return 2.0 * W * kChains * kTurns;
}

// Four sums, so that the additions do not wait for each other; the array holds a multiple of 4 W numbers.
template <size_t W>
ASICR_INLINE void readBody(const double* x, size_t n, double* sink) {
  Vector<W> s0 = {}, s1 = {}, s2 = {}, s3 = {};
  for (size_t i = 0; i < n; i += 4 * W) {
    s0 += load<W>(x + i);
    s1 += load<W>(x + i + W);
    s2 += load<W>(x + i + 2 * W);
    s3 += load<W>(x + i + 3 * W);
  }
  *sink += sumOf<W>((s0 + s1) + (s2 + s3));
}

double chainsBase(double* sink) { return chainsBody<2>(sink); }
void readBase(const double* x, size_t n, double* sink) { readBody<2>(x, n, sink); }
#if defined(__x86_64__)
ASICR_AVX2 double chainsAvx2(double* sink) { return chainsBody<4>(sink); }
ASICR_AVX2 void readAvx2(const double* x, size_t n, double* sink) { readBody<4>(x, n, sink); }
ASICR_AVX512 double chainsAvx512(double* sink) { return chainsBody<8>(sink); }
ASICR_AVX512 void readAvx512(const double* x, size_t n, double* sink) { readBody<8>(x, n, sink); }
#endif

double chains(double* sink) {
  switch (instructionSet()) {
#if defined(__x86_64__)
    case InstructionSet::avx512: return chainsAvx512(sink);
    case InstructionSet::avx2: return chainsAvx2(sink);
#endif
    default: return chainsBase(sink);
  }
}

void read(const double* x, size_t n, double* sink) {
  switch (instructionSet()) {
#if defined(__x86_64__)
    case InstructionSet::avx512: return readAvx512(x, n, sink);
    case InstructionSet::avx2: return readAvx2(x, n, sink);
#endif
    default: return readBase(x, n, sink);
  }
}

// Keeps what the loops found out from being optimised away.
volatile double kept = 0;

}  // namespace

double multiplyAddsPerSecond(size_t members, double seconds) {
  Team team(members);
  std::vector<double> rate(team.size(), 0.0), sink(team.size(), 0.0);
  team.run([&](size_t member) {
    const Clock::time_point start = Clock::now();
    double done = 0, took = 0;
    while (took < seconds) {
      done += chains(&sink[member]);
      took = secondsSince(start);
    }
    rate[member] = done / took;
  });
  double sum = 0;
  for (size_t member = 0; member < team.size(); ++member) {
    sum += rate[member];
    kept = kept + sink[member];
  }
  return sum;
}

double bytesReadPerSecond(size_t bytes, double seconds) {
  constexpr size_t kStep = 32;  // 4 W numbers for the widest W
  const size_t n = (bytes / sizeof(double) + kStep - 1) / kStep * kStep;
  Buffer memory;
  if (n == 0 || !memory.allocate(n)) return 0;
  double sink = 0, took = 0, done = 0;
  // The clock is read about every 64 KiB.
  const size_t rounds = 1 + 8192 / n;
  const Clock::time_point start = Clock::now();
  while (took < seconds) {
    for (size_t round = 0; round < rounds; ++round) read(memory.data(), n, &sink);
    done += static_cast<double>(rounds * n * sizeof(double));
    took = secondsSince(start);
  }
  kept = kept + sink;
  return done / took;
}

}  // namespace asicr

#include "stat_harmonics.h"

#include <algorithm>

#include "buffer.h"
#include "stat_dispatch.h"
#include "stat_vector_math.h"

namespace asicr {
namespace {

constexpr size_t kFrequencies = 64;
// Events whose rotations are in registers at once, in vectors.
constexpr size_t kVectors = 4;
// Events after which sums over lanes are added up.
constexpr size_t kEvents = 32768;

// sums: 2 rows (6 with values) of kFrequencies.
template <size_t W, bool Valued>
ASICR_INLINE void addEvents(const double* times, const double* values, size_t n, double first, double step, double* sums) {
  constexpr size_t kRows = Valued ? 6 : 2;
  // With values there is less room for rotations.
  constexpr size_t V = Valued ? 2 : kVectors;
  alignas(64) double lanes[kRows * kFrequencies * W] = {};
  alignas(64) double tail[2][V * W];
  for (size_t i = 0; i < n; i += V * W) {
    const double* t = times + i;
    const double* y = Valued ? values + i : nullptr;
    const size_t here = std::min(V * W, n - i);
    if (here < V * W) {
      for (size_t k = 0; k < V * W; ++k) {
        tail[0][k] = k < here ? t[k] : 0;
        tail[1][k] = Valued && k < here ? y[k] : 0;
      }
      t = tail[0];
      y = tail[1];
    }
    Vector<W> zr[V], zi[V], wr[V], wi[V], value[V];
    for (size_t v = 0; v < V; ++v) {
      const Vector<W> turns = load<W>(t + v * W) * first, turn = load<W>(t + v * W) * step;
      sincosOfTurns<W>(turns, zr[v], zi[v]);
      sincosOfTurns<W>(turn, wr[v], wi[v]);
      if (Valued) value[v] = load<W>(y + v * W);
      if (here < V * W)
        for (size_t lane = 0; lane < W; ++lane)
          if (v * W + lane >= here) zr[v][lane] = zi[v][lane] = 0;
    }
    for (size_t k = 0; k < kFrequencies; ++k) {
      double* to = lanes + k * W * kRows;
      Vector<W> re = load<W>(to), im = load<W>(to + W);
      Vector<W> re2 = {}, im2 = {}, yr = {}, yi = {};
      for (size_t v = 0; v < V; ++v) {
        re += zr[v];
        im += zi[v];
        if (Valued) {
          re2 += zr[v] * zr[v] - zi[v] * zi[v];
          im2 += zr[v] * zi[v];
          yr += value[v] * zr[v];
          yi += value[v] * zi[v];
        }
        const Vector<W> next = zr[v] * wr[v] - zi[v] * wi[v];
        zi[v] = zr[v] * wi[v] + zi[v] * wr[v];
        zr[v] = next;
      }
      store<W>(to, re);
      store<W>(to + W, im);
      if (Valued) {
        store<W>(to + 2 * W, load<W>(to + 2 * W) + re2);
        store<W>(to + 3 * W, load<W>(to + 3 * W) + (im2 + im2));
        store<W>(to + 4 * W, load<W>(to + 4 * W) + yr);
        store<W>(to + 5 * W, load<W>(to + 5 * W) + yi);
      }
    }
  }
  for (size_t k = 0; k < kFrequencies; ++k)
    for (size_t row = 0; row < kRows; ++row) sums[row * kFrequencies + k] += sumOf<W>(load<W>(lanes + (k * kRows + row) * W));
}

template <size_t W>
ASICR_INLINE void addBody(const double* times, const double* values, size_t n, double first, double step, double* sums) {
  if (values != nullptr)
    addEvents<W, true>(times, values, n, first, step, sums);
  else
    addEvents<W, false>(times, values, n, first, step, sums);
}

ASICR_PER_SET(void, add, (const double* times, const double* values, size_t n, double first, double step, double* sums),
              (times, values, n, first, step, sums))

}  // namespace

bool harmonicSums(const double* times, const double* values, size_t n, double first, double step, size_t count, Team& team,
                  const HarmonicSums& out) {
  const size_t rows = values != nullptr ? 6 : 2;
  const size_t chunks = (count + kFrequencies - 1) / kFrequencies;
  const size_t parts = (n + kEvents - 1) / kEvents;
  Buffer sums;
  if (!sums.allocate(team.size(), rows * kFrequencies)) return false;
  double* const to[] = {out.re, out.im, out.twiceRe, out.twiceIm, out.weightedRe, out.weightedIm};
  for (size_t chunk = 0; chunk < chunks; ++chunk) {
    const size_t from = chunk * kFrequencies;
    const double start = first + static_cast<double>(from) * step;
    team.run([&](size_t member) {
      double* own = sums.data() + member * rows * kFrequencies;
      std::fill(own, own + rows * kFrequencies, 0.0);
      for (size_t part = parts * member / team.size(); part < parts * (member + 1) / team.size(); ++part) {
        const size_t at = part * kEvents;
        add(times + at, values == nullptr ? nullptr : values + at, std::min(kEvents, n - at), start, step, own);
      }
    });
    for (size_t row = 0; row < rows; ++row)
      for (size_t k = 0; k < std::min(kFrequencies, count - from); ++k) {
        double sum = 0;
        for (size_t member = 0; member < team.size(); ++member) sum += sums.data()[(member * rows + row) * kFrequencies + k];
        to[row][from + k] = sum;
      }
  }
  return true;
}

}  // namespace asicr

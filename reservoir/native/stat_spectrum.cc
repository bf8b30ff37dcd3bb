#include "stat_spectrum.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "stat_dispatch.h"
#include "stat_fourier.h"
#include "stat_memory.h"
#include "stat_order.h"
#include "stat_tapered.h"
#include "stat_vector_math.h"

namespace asicr {
namespace {

// out[i] = taper k at i times (x[i] - mean), for i in [from, to). Returns the sum of the taper.
template <size_t W>
ASICR_INLINE double taperBody(const double* x, size_t n, double mean, size_t k, size_t from, size_t to, double* out) {
  const double length = static_cast<double>(n + 1), scale = std::sqrt(2 / length), half = static_cast<double>(k) / 2;
  Vector<W> lanes = {}, total = {};
  for (size_t lane = 0; lane < W; ++lane) lanes[lane] = static_cast<double>(lane + 1);
  double rest = 0;
  for (size_t i = from; i < to; i += W) {
    Vector<W> cosine, sine;
    sincosOfTurns<W>((lanes + static_cast<double>(i)) * half / length, cosine, sine);
    const Vector<W> taper = scale * sine;
    if (i + W <= to) {
      total += taper;
      store<W>(out + i, taper * (load<W>(x + i) - mean));
      continue;
    }
    for (size_t lane = 0; lane < to - i; ++lane) {
      rest += taper[lane];
      out[i + lane] = taper[lane] * (x[i + lane] - mean);
    }
  }
  return sumOf<W>(total) + rest;
}

ASICR_PER_SET(double, taper, (const double* x, size_t n, double mean, size_t k, size_t from, size_t to, double* out),
              (x, n, mean, k, from, to, out))

template <size_t W>
ASICR_INLINE void gatherBody(const double* re, const double* im, double dc, size_t from, size_t to, double* total, double* lineRe, double* lineIm) {
  for (size_t f = from; f < to; ++f) {
    total[f] += re[f] * re[f] + im[f] * im[f];
    lineRe[f] += dc * re[f];
    lineIm[f] += dc * im[f];
  }
}

ASICR_PER_SET(void, gather,
              (const double* re, const double* im, double dc, size_t from, size_t to, double* total, double* lineRe, double* lineIm),
              (re, im, dc, from, to, total, lineRe, lineIm))

// Every coefficient keeps its phase and takes the size it had in the series that is imitated.
template <size_t W>
ASICR_INLINE void resizeBody(double* re, double* im, const double* size, size_t from, size_t to) {
  for (size_t k = from; k < to; ++k) {
    const double now = std::sqrt(re[k] * re[k] + im[k] * im[k]);
    const double factor = now > 0 ? size[k] / now : 0;
    re[k] *= factor;
    im[k] *= factor;
  }
}

ASICR_PER_SET(void, resize, (double* re, double* im, const double* size, size_t from, size_t to), (re, im, size, from, to))

// Part of `n` for a member of a team.
size_t partOf(size_t n, size_t member, const Team& team) { return n * member / team.size(); }

// As TaperedSpectra, for sizes that do not suit it. False when the memory is not there.
bool addStored(const double* x, size_t n, double mean, size_t tapers, size_t size, TaperSums* sums, Team& team) {
  const size_t bins = size / 2 + 1;
  RealFourier fourier;
  Scratch<double> padded, re, im;
  if (!fourier.create(size, team) || !padded.allocate(size) || !re.allocate(bins) || !im.allocate(bins)) return false;
  std::memset(padded.data() + n, 0, (size - n) * sizeof(double));
  for (size_t k = 1; k <= tapers; ++k) {
    double dc = taper(x, n, mean, k, 0, n, padded.data());
    // An even taper and its mirror cancel; what rounding leaves says nothing.
    if (k % 2 == 0) dc = 0;
    fourier.forward(padded.data(), re.data(), im.data(), team);
    sums->squares += dc * dc;
    gather(re.data(), im.data(), dc, 0, bins, sums->power, sums->lineRe, sums->lineIm);
  }
  return true;
}

}  // namespace

bool multitaper(const double* x, size_t n, double mean, size_t tapers, size_t size, double* power, double* pValue, Team& team) {
  const size_t bins = size / 2 + 1;
  Scratch<double> lineRe, lineIm;
  if (!lineRe.allocate(bins) || !lineIm.allocate(bins)) return false;
  for (double* zeroed : {power, lineRe.data(), lineIm.data()}) std::memset(zeroed, 0, bins * sizeof(double));
  TaperSums sums{power, lineRe.data(), lineIm.data(), 0};
  if (TaperedSpectra::suits(size)) {
    TaperedSpectra spectra;
    if (!spectra.create(size, team)) return false;
    for (size_t k = 1; k <= tapers; ++k) spectra.add(x, n, mean, k, &sums, team);
  } else if (!addStored(x, n, mean, tapers, size, &sums, team)) {
    return false;
  }
  const double squares = sums.squares;
  team.run([&](size_t member) {
    for (size_t f = partOf(bins, member, team); f < partOf(bins, member + 1, team); ++f) {
      const double total = power[f];
      // The line takes its share of the power, the rest is what the tapers do not agree on; F with 2 and 2 tapers - 2 degrees of freedom.
      const double line = (lineRe[f] * lineRe[f] + lineIm[f] * lineIm[f]) / squares;
      const double share = total > 0 ? std::max(0.0, (total - line) / total) : 1;
      double p = 1;
      for (size_t k = 1; k < tapers; ++k) p *= share;
      pValue[f] = p;
      power[f] = 2 / static_cast<double>(tapers) * total;
    }
  });
  return true;
}

bool iaaft(const double* x, double* series, size_t n, size_t iterations, Team& team) {
  const size_t bins = n / 2 + 1;
  RealFourier fourier;
  Scratch<double> sorted, re, im, size, back;
  Scratch<uint32_t> order, before;
  if (!fourier.create(n, team) || !sorted.allocate(n) || !re.allocate(bins) || !im.allocate(bins) || !size.allocate(bins) || !back.allocate(n) ||
      !order.allocate(n) || !before.allocate(n))
    return false;
  std::memcpy(sorted.data(), x, n * sizeof(double));
  if (!sortDoubles(sorted.data(), n, team)) return false;
  fourier.forward(x, re.data(), im.data(), team);
  for (size_t k = 0; k < bins; ++k) size[k] = std::sqrt(re[k] * re[k] + im[k] * im[k]);
  for (size_t iteration = 0; iteration < iterations; ++iteration) {
    fourier.forward(series, re.data(), im.data(), team);
    team.run([&](size_t member) { resize(re.data(), im.data(), size.data(), partOf(bins, member, team), partOf(bins, member + 1, team)); });
    fourier.backward(re.data(), im.data(), back.data(), team);
    if (!sortedOrder(back.data(), n, order.data(), team)) return false;
    team.run([&](size_t member) {
      for (size_t rank = partOf(n, member, team); rank < partOf(n, member + 1, team); ++rank) series[order[rank]] = sorted[rank];
    });
    if (iteration > 0 && std::memcmp(order.data(), before.data(), n * sizeof(uint32_t)) == 0) break;
    std::memcpy(before.data(), order.data(), n * sizeof(uint32_t));
  }
  return true;
}

}  // namespace asicr

#include "moments.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace asicr {
namespace {

// Rows packed in one go: each is a stream that the processor reads ahead of.
constexpr size_t kStreams = 8;
// Rows that one member packs at a time.
constexpr size_t kPiece = 32;

// Rows to a packing when `rows` are dealt out evenly: a last one of a few rows would take the tiles through the caches for little.
size_t evenDepth(size_t rows, size_t most) {
  const size_t packings = (rows + most - 1) / most;
  return (rows + packings - 1) / packings;
}

}  // namespace

bool Moments::create(const RankKernel& kernel, size_t features, size_t targets) {
  kernel_ = &kernel;
  vectors_ = &vectorKernel();
  blas_ = installedBlas();
  if (blas_ != nullptr && blas_->dsyrk == nullptr) blas_ = nullptr;
  features_ = features;
  targets_ = targets;
  columns_ = features + targets + 1;
  panels_ = (columns_ + kernel.width - 1) / kernel.width;
  stride_ = panels_ * kernel.width;
  return sums_.allocate(stride_, stride_);
}

bool Moments::createFloat(const RankKernel& kernel, size_t features, size_t targets, const double* spread) {
  if (!create(kernel, features, targets)) return false;
  blas_ = nullptr;
  const size_t width = floatRankKernel().width;
  stride_ = std::max(stride_, (features + width - 1) / width * width);
  if (!sums_.allocate(stride_, stride_) || !probes_.allocate(kProbes, features) || !probed_.allocate(kProbes, features)) return false;
  for (size_t p = 0; p < kProbes; ++p)
    for (size_t i = 0; i < features; ++i) {
      const double inverse = 1 / spread[i];
      probes_.data()[p * features + i] = probeSign(p, i) * (inverse > 0 && std::isfinite(inverse) ? inverse : 1);
    }
  return true;
}

// Rows [from, to) of a packing of `depth`. Whole panels of features by the vector kernel; the rest (features, targets, ones, zeros to the
// end) one by one.
void Moments::pack(const double* x, const double* y, size_t from, size_t to, size_t depth, const double* shift, double* out) const {
  const size_t width = kernel_->width;
  const size_t whole = features_ / width;
  for (size_t first = from; first < to; first += kStreams) {
    const size_t rows = std::min(kStreams, to - first);
    for (size_t panel = 0; panel < whole; ++panel)
      vectors_->packPanel(x + first * features_ + panel * width, features_, rows, shift + panel * width, out + (panel * depth + first) * width);
  }
  for (size_t column = whole * width; column < stride_; ++column) {
    double* panel = out + column / width * depth * width + column % width;
    for (size_t k = from; k < to; ++k) {
      if (column < features_)
        panel[k * width] = x[k * features_ + column] - shift[column];
      else if (column < features_ + targets_)
        panel[k * width] = y[k * targets_ + column - features_] - shift[column];
      else
        panel[k * width] = column == columns_ - 1 ? 1.0 : 0.0;
    }
  }
}

// The same rows one after the other, as a BLAS wants them.
void Moments::centre(const double* x, const double* y, size_t from, size_t to, size_t, const double* shift, double* out) const {
  for (size_t k = from; k < to; ++k) {
    double* row = out + k * stride_;
    for (size_t i = 0; i < features_; ++i) row[i] = x[k * features_ + i] - shift[i];
    for (size_t t = 0; t < targets_; ++t) row[features_ + t] = y[k * targets_ + t] - shift[features_ + t];
    row[columns_ - 1] = 1;
  }
}

void Moments::addRows(const double* x, const double* y, size_t rows, const double* shift, PackedRows& packed, Team& team) {
  if (isFloat()) return addFloatRows(x, y, rows, shift, packed, team);
  const auto lay = blas_ == nullptr ? &Moments::pack : &Moments::centre;
  RankUpdate update{};
  update.rows = update.columns = packed.data();
  update.panels = panels_;
  update.sign = 1;
  update.c = sums_.data();
  update.stride = stride_;
  while (rows > 0) {
    update.depth = evenDepth(rows, PackedRows::kDepth);
    update.blocks = std::min(rows, PackedRows::kRows) / update.depth;
    const size_t pieces = (update.depth + kPiece - 1) / kPiece;
    team.share(update.blocks * pieces, [&](size_t item) {
      const size_t row = item / pieces * update.depth;
      const size_t from = item % pieces * kPiece;
      (this->*lay)(x + row * features_, y + row * targets_, from, std::min(update.depth, from + kPiece), update.depth, shift,
                   packed.data() + row * stride_);
    });
    const size_t done = update.blocks * update.depth;
    if (blas_ == nullptr)
      rankUpdate(*kernel_, update, team);
    else
      blas_->update(packed.data(), done, columns_, stride_, sums_.data(), team.size());
    x += done * features_;
    y += done * targets_;
    rows -= done;
  }
}

void Moments::addFloatRows(const double* x, const double* y, size_t rows, const double* shift, PackedRows& packed, Team& team) {
  const FloatRankKernel& kernel = floatRankKernel();
  const FloatRows lay = floatRows(shift);
  float* const floats = reinterpret_cast<float*>(packed.data());
  RankUpdateOf<float> update{};
  update.rows = update.columns = floats;
  update.panels = (features_ + kernel.width - 1) / kernel.width;
  update.c = sums_.data();
  update.stride = stride_;
  const size_t room = lay.room();
  // The diagonal too stays exact: it scales the features and tells the constant ones.
  std::vector<double> diagonal(features_);
  for (size_t i = 0; i < features_; ++i) diagonal[i] = at(i, i);
  while (rows > 0) {
    update.depth = evenDepth(rows, PackedRows::kFloatDepth);
    update.blocks = std::min(rows, PackedRows::kRows) / update.depth;
    team.share(update.blocks, [&](size_t block) {
      const size_t row = block * update.depth;
      lay.pack(x + row * features_, y + row * targets_, update.depth, kernel.width, floats + row * update.panels * kernel.width,
               packed.room() + block * room);
    });
    rankUpdate(kernel, update, team);
    // In order, whoever summed them.
    for (size_t block = 0; block < update.blocks; ++block) {
      const double* sums = packed.room() + block * room;
      const size_t corner = targets_ + 1;
      for (size_t a = 0; a < corner; ++a) {
        double* to = sums_.data() + (features_ + a) * stride_;
        for (size_t i = 0; i < features_; ++i) to[i] += sums[a * features_ + i];
        for (size_t b = 0; b <= a; ++b) to[features_ + b] += sums[(lay.sides() + 1) * features_ + a * corner + b];
      }
      for (size_t i = 0; i < kProbes * features_; ++i) probed_.data()[i] += sums[corner * features_ + i];
      for (size_t i = 0; i < features_; ++i) diagonal[i] += sums[lay.sides() * features_ + i];
    }
    const size_t done = update.blocks * update.depth;
    x += done * features_;
    y += done * targets_;
    rows -= done;
  }
  for (size_t i = 0; i < features_; ++i) sums_.data()[i * stride_ + i] = diagonal[i];
}

void Moments::probedErrors(double* out) const {
  for (size_t p = 0; p < kProbes; ++p) {
    const double* v = probes_.data() + p * features_;
    double* error = out + p * features_;
    std::copy_n(probed_.data() + p * features_, features_, error);
    for (size_t i = 0; i < features_; ++i) {
      const double* row = sums_.data() + i * stride_;
      error[i] -= vectors_->dotAndAdd(row, v, -v[i], error, i) + row[i] * v[i];
    }
  }
}

bool Moments::finite() const {
  for (size_t i = 0; i < columns_; ++i)
    if (!std::isfinite(at(i, i))) return false;
  return true;
}

void Moments::clear() {
  std::fill_n(sums_.data(), stride_ * stride_, 0.0);
  if (isFloat()) std::fill_n(probed_.data(), kProbes * features_, 0.0);
}

void Moments::add(const Moments& other) {
  const size_t size = stride_ * stride_;
  for (size_t i = 0; i < size; ++i) sums_.data()[i] += other.sums_.data()[i];
  for (size_t i = 0; isFloat() && i < kProbes * features_; ++i) probed_.data()[i] += other.probed_.data()[i];
}

}  // namespace asicr

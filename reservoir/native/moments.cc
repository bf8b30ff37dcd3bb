#include "moments.h"

#include <algorithm>

namespace asicr {
namespace {

// Rows packed at a time: 128 x 24 doubles are half of a 48 KiB first-level cache.
constexpr size_t kBlockRows = 128;

}  // namespace

bool Moments::create(const RankKernel& kernel, size_t features, size_t targets) {
  kernel_ = &kernel;
  features_ = features;
  targets_ = targets;
  columns_ = features + targets + 1;
  panels_ = (columns_ + kernel.width - 1) / kernel.width;
  stride_ = panels_ * kernel.width;
  return sums_.allocate(stride_, stride_) && packed_.allocate(kBlockRows, stride_);
}

void Moments::addRows(const double* x, const double* y, size_t rows, const double* shift) {
  const size_t width = kernel_->width;
  for (size_t first = 0; first < rows; first += kBlockRows) {
    const size_t depth = std::min(kBlockRows, rows - first);
    for (size_t k = 0; k < depth; ++k) {
      const double* features = x + (first + k) * features_;
      const double* targets = y + (first + k) * targets_;
      double* out = packed_.data() + k * width;
      const auto put = [&](size_t column, double value) { out[column / width * depth * width + column % width] = value; };
      for (size_t panel = 0; panel * width < features_; ++panel) {
        const size_t from = panel * width;
        const size_t to = std::min(from + width, features_);
        for (size_t j = from; j < to; ++j) out[panel * depth * width + j - from] = features[j] - shift[j];
      }
      for (size_t j = 0; j < targets_; ++j) put(features_ + j, targets[j] - shift[features_ + j]);
      put(columns_ - 1, 1.0);
      // A short last block moves the panels, so the padding is written anew for each row.
      for (size_t column = columns_; column < stride_; ++column) put(column, 0.0);
    }
    rankUpdate(*kernel_, packed_.data(), panels_, depth, 1.0, sums_.data(), stride_);
  }
}

void Moments::clear() { std::fill_n(sums_.data(), stride_ * stride_, 0.0); }

void Moments::add(const Moments& other) {
  const size_t size = stride_ * stride_;
  for (size_t i = 0; i < size; ++i) sums_.data()[i] += other.sums_.data()[i];
}

}  // namespace asicr

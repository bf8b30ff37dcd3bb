#include "window_stops.h"

#include <algorithm>
#include <utility>

namespace asicr {
namespace {

// Pieces begin at whole multiples of so many columns: unaligned loads cost little, and pieces that overlap leave fewer entries over.
constexpr size_t kStep = 4;
// A stop that no search need come by again.
constexpr uint32_t kSpent = UINT32_MAX;

// Shuffles the same way for ever.
template <typename T>
void shuffle(std::vector<T>& values, uint32_t seed) {
  uint32_t state = seed;
  for (size_t i = values.size(); i > 1; --i) {
    state = state * 1664525u + 1013904223u;
    std::swap(values[i - 1], values[uint64_t{state} * i >> 32]);
  }
}

}  // namespace

std::vector<Stop> evenStops(size_t count, size_t columns) {
  std::vector<Stop> stops(count);
  // From where only the last columns of a piece are any to where only its first are.
  const size_t span = columns + kPiece - kStep;
  for (size_t piece = 0; piece < kPieces; ++piece) {
    std::vector<uint32_t> begins(count);
    for (size_t k = 0; k < count; ++k)
      begins[k] = static_cast<uint32_t>(kMargin - (kPiece - kStep) + (piece * count + k) * span / (kPieces * count) / kStep * kStep);
    shuffle(begins, static_cast<uint32_t>(piece + 1));
    for (size_t k = 0; k < count; ++k) stops[k][piece] = begins[k];
  }
  return stops;
}

Dealer::Dealer(const std::vector<Stop>& stops, size_t columns) : viewStart_(columns + 1, 0), owner_(stops.size()), search_(stops.size()), from_(stops.size()), to_(stops.size()) {
  const auto eachView = [&](auto&& see) {
    for (size_t stop = 0; stop < stops.size(); ++stop)
      for (size_t place = 0; place < kWindow; ++place) {
        const size_t column = stops[stop][place / kPiece] + place % kPiece - kMargin;
        if (column < columns) see(column, static_cast<uint32_t>(stop * kWindow + place));
      }
  };
  eachView([&](size_t column, uint32_t) { ++viewStart_[column + 1]; });
  for (size_t column = 0; column < columns; ++column) viewStart_[column + 1] += viewStart_[column];
  view_.resize(viewStart_[columns]);
  std::vector<uint32_t> next(viewStart_.begin(), viewStart_.end() - 1);
  eachView([&](size_t column, uint32_t view) { view_[next[column]++] = view; });
}

// Finds `entry` a stop, and those that stand in its way another one: the shortest way, breadth first. What a search in vain came by can be
// freed by no later one either.
bool Dealer::give(const std::vector<SparseEntry>& row, uint32_t entry) {
  reached_.clear();
  uint32_t seeker = entry;
  for (size_t next = 0;; seeker = owner_[reached_[next++]]) {
    for (uint32_t v = viewStart_[row[seeker].column]; v < viewStart_[row[seeker].column + 1]; ++v) {
      uint32_t stop = view_[v] / kWindow;
      if (search_[stop] == kSpent || search_[stop] == entry + 1) continue;
      search_[stop] = entry + 1;
      from_[stop] = seeker;
      to_[stop] = view_[v];
      if (owner_[stop] != kNone) {
        reached_.push_back(stop);
        continue;
      }
      for (uint32_t mover = seeker;; mover = from_[stop]) {
        const uint32_t left = std::exchange(given_[mover], to_[stop]);
        owner_[stop] = mover;
        if (mover == entry) return true;
        stop = left / kWindow;
      }
    }
    if (next == reached_.size()) break;
  }
  for (uint32_t stop : reached_) search_[stop] = kSpent;
  return false;
}

const std::vector<uint32_t>& Dealer::deal(const std::vector<SparseEntry>& row) {
  given_.assign(row.size(), kNone);
  std::fill(owner_.begin(), owner_.end(), kNone);
  std::fill(search_.begin(), search_.end(), 0u);
  for (uint32_t entry = 0; entry < row.size(); ++entry) give(row, entry);
  return given_;
}

}  // namespace asicr

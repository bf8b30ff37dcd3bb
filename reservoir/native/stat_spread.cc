#include "stat_spread.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <new>

#include "stat_dispatch.h"
#include "stat_memory.h"

namespace asicr {
namespace {

// Equal steps of value: the histogram that buckets are made of.
constexpr size_t kStepBits = 12;
constexpr size_t kSteps = size_t{1} << kStepBits;
// Values in a bucket, unless one step alone has more.
constexpr size_t kBucket = 2048;
// A step with more than this share of the values, or with more than so many, does not go into the near caches.
constexpr size_t kMostShare = 16;
constexpr size_t kMostInStep = 16384;
// Insertion is fastest for values of one place that are no more than this.
constexpr size_t kShort = 16;
constexpr size_t kBlock = 512;
// Adding this leaves the nearest whole number in the low bits.
constexpr double kWhole = 4503599627370496.0;

struct Extent {
  double least;
  double most;
};

// Not finite when some value is not.
template <size_t W>
ASICR_INLINE Extent extentBody(const double* x, size_t n) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Vector<W> least[2] = {all<W>(kInfinity), all<W>(kInfinity)}, most[2] = {all<W>(-kInfinity), all<W>(-kInfinity)}, off[2] = {};
  size_t i = 0;
  for (; i + 2 * W <= n; i += 2 * W)
    for (size_t u = 0; u < 2; ++u) {
      const Vector<W> v = load<W>(x + i + u * W);
      least[u] = v < least[u] ? v : least[u];
      most[u] = v > most[u] ? v : most[u];
      off[u] += v - v;
    }
  Extent out{kInfinity, -kInfinity};
  for (size_t u = 0; u < 2; ++u)
    for (size_t lane = 0; lane < W; ++lane) out = {std::min(out.least, least[u][lane]), std::max(out.most, most[u][lane])};
  double rest = sumOf<W>(off[0] + off[1]);
  for (; i < n; ++i) {
    out = {std::min(out.least, x[i]), std::max(out.most, x[i])};
    rest += x[i] - x[i];
  }
  return {out.least + rest, out.most + rest};
}

ASICR_PER_SET(Extent, extent, (const double* x, size_t n), (x, n))

// Values become places, nearest((x - least) scale by - from by): each step rounds, none lets a larger value have a lower place.
struct Line {
  double least;
  double scale;
  double from;
  double by;
};

template <size_t W>
ASICR_INLINE void placesBody(const double* x, size_t n, const Line& line, uint32_t* out) {
  const double least = line.least, scale = line.scale, from = line.from, by = line.by;
  for (size_t i = 0; i < n; ++i) {
    const double place = ((x[i] - least) * scale - from) * by + kWhole;
    uint64_t bits;
    std::memcpy(&bits, &place, sizeof bits);
    out[i] = static_cast<uint32_t>(bits);
  }
}

ASICR_PER_SET(void, places, (const double* x, size_t n, const Line& line, uint32_t* out), (x, n, line, out))

// What is sorted: values themselves.
class Values {
 public:
  using Record = double;

  Values(const double* x, const Extent& extent) : x_(x), line_{extent.least, static_cast<double>(kSteps - 1) / (extent.most - extent.least), 0, 1} {}

  bool suits() const { return std::isfinite(line_.scale); }

  const Record* block(size_t from, size_t n, uint32_t* steps, Record*) const {
    places(x_ + from, n, line_, steps);
    return x_ + from;
  }

  // Places 0 .. places - 1 among the values of steps [first, last).
  void within(const Record* records, size_t n, size_t first, size_t last, size_t most, uint32_t* out) const {
    const double from = static_cast<double>(first) - 0.5;
    places(records, n, {line_.least, line_.scale, from, static_cast<double>(most - 1) / static_cast<double>(last - first)}, out);
  }

 private:
  const double* x_;
  Line line_;
};

// 32 bits of where a value lies, and its index.
class Ranks {
 public:
  using Record = uint64_t;

  Ranks(const double* x, const Extent& extent) : x_(x), line_{extent.least, 4294967295.0 / (extent.most - extent.least), 0, 1} {}

  bool suits() const { return std::isfinite(line_.scale); }

  const Record* block(size_t from, size_t n, uint32_t* steps, Record* room) const {
    places(x_ + from, n, line_, steps);
    for (size_t i = 0; i < n; ++i) {
      room[i] = static_cast<uint64_t>(steps[i]) << 32 | (from + i);
      steps[i] >>= 32 - kStepBits;
    }
    return room;
  }

  void within(const Record* records, size_t n, size_t first, size_t last, size_t most, uint32_t* out) const {
    const uint64_t from = static_cast<uint64_t>(first) << (32 - kStepBits);
    const uint64_t by = (static_cast<uint64_t>(most) << kStepBits) / (last - first);
    for (size_t i = 0; i < n; ++i) out[i] = static_cast<uint32_t>(((records[i] >> 32) - from) * by >> 32);
  }

 private:
  const double* x_;
  Line line_;
};

struct Bucket {
  size_t firstStep;
  size_t lastStep;
  size_t from;
  size_t to;
};

// One member's room to sort a bucket in.
template <typename Record>
struct Room {
  std::unique_ptr<Record[]> records;
  std::unique_ptr<uint32_t[]> places;
  std::unique_ptr<uint32_t[]> ends;

  bool create(size_t n) {
    records.reset(new (std::nothrow) Record[n]);
    places.reset(new (std::nothrow) uint32_t[n]);
    ends.reset(new (std::nothrow) uint32_t[n + 1]);
    return records && places && ends;
  }
};

template <typename Keys>
class Spreading {
 public:
  using Record = typename Keys::Record;

  Spreading(const Keys& keys, size_t n, Team& team) : keys_(keys), n_(n), team_(team) {}

  // Calls settled(records, bucket) for every bucket, in order; buckets by whoever is free.
  template <typename Settled>
  Spread run(const Settled& settled) {
    if (!keys_.suits()) return Spread::unsuited;
    const size_t members = team_.size();
    counts_.reset(new (std::nothrow) size_t[members * kSteps]());
    buckets_.reset(new (std::nothrow) Bucket[kSteps]);
    ofStep_.reset(new (std::nothrow) uint16_t[kSteps]);
    std::unique_ptr<Room<Record>[]> rooms(new (std::nothrow) Room<Record>[members]);
    if (!counts_ || !buckets_ || !ofStep_ || !rooms) return Spread::noMemory;
    team_.run([&](size_t member) {
      size_t* const counts = counts_.get() + member * kSteps;
      eachBlock(member, [&](const Record*, const uint32_t* steps, size_t n) {
        for (size_t i = 0; i < n; ++i) ++counts[steps[i]];
      });
    });
    if (!divide()) return Spread::unsuited;
    if (!spread_.allocate(n_)) return Spread::noMemory;
    for (size_t member = 0; member < members; ++member)
      if (!rooms[member].create(largest_)) return Spread::noMemory;
    team_.run([&](size_t member) {
      size_t* const ends = counts_.get() + member * kSteps;
      Record* const to = spread_.data();
      eachBlock(member, [&](const Record* records, const uint32_t* steps, size_t n) {
        for (size_t i = 0; i < n; ++i) to[ends[ofStep_[steps[i]]]++] = records[i];
      });
    });
    std::atomic<size_t> next{0};
    team_.run([&](size_t member) {
      for (size_t b = next.fetch_add(1); b < used_; b = next.fetch_add(1)) settled(sorted(buckets_[b], rooms[member]), buckets_[b]);
    });
    return Spread::done;
  }

 private:
  template <typename Work>
  void eachBlock(size_t member, const Work& work) const {
    uint32_t steps[kBlock];
    Record room[kBlock];
    const size_t end = n_ * (member + 1) / team_.size();
    for (size_t from = n_ * member / team_.size(); from < end; from += kBlock) {
      const size_t here = std::min(kBlock, end - from);
      work(keys_.block(from, here, steps, room), steps, here);
    }
  }

  // Steps are joined to buckets, and counts become the places of each member's first value in each bucket.
  bool divide() {
    size_t at = 0, size = 0, first = 0;
    used_ = largest_ = 0;
    const size_t most = std::max(kBucket, std::min(kMostInStep, n_ / kMostShare));
    const auto close = [&](size_t step) {
      buckets_[used_++] = {first, step, at - size, at};
      largest_ = std::max(largest_, size);
      first = step;
      size = 0;
    };
    for (size_t step = 0; step < kSteps; ++step) {
      size_t here = 0;
      for (size_t member = 0; member < team_.size(); ++member) here += counts_[member * kSteps + step];
      if (here > most) return false;
      if (size > 0 && size + here > kBucket) close(step);
      ofStep_[step] = static_cast<uint16_t>(used_);
      size += here;
      at += here;
    }
    close(kSteps);
    for (size_t b = 0, place = 0; b < used_; ++b)
      for (size_t member = 0; member < team_.size(); ++member) {
        size_t* const counts = counts_.get() + member * kSteps;
        size_t own = 0;
        // Bucket b has steps from b on: what is written lies behind what is read.
        for (size_t step = buckets_[b].firstStep; step < buckets_[b].lastStep; ++step) own += counts[step];
        counts[b] = place;
        place += own;
      }
    return true;
  }

  // Every value to its place by its share of the bucket's range: what is left is neighbours in the wrong order.
  Record* sorted(const Bucket& bucket, Room<Record>& room) {
    Record* const records = spread_.data() + bucket.from;
    const size_t n = bucket.to - bucket.from;
    if (n < 2) return records;
    uint32_t *const places = room.places.get(), *const ends = room.ends.get();
    keys_.within(records, n, bucket.firstStep, bucket.lastStep, n, places);
    std::fill(ends, ends + n, 0u);
    for (size_t i = 0; i < n; ++i) ++ends[places[i]];
    uint32_t at = 0, most = 0;
    for (size_t place = 0; place < n; ++place) {
      const uint32_t here = ends[place];
      most = std::max(most, here);
      ends[place] = at;
      at += here;
    }
    Record* const to = room.records.get();
    for (size_t i = 0; i < n; ++i) to[ends[places[i]]++] = records[i];
    if (most > kShort)
      for (size_t place = 0, from = 0; place < n; from = ends[place++])
        if (ends[place] - from > kShort) std::sort(to + from, to + ends[place]);
    for (size_t i = 1; i < n; ++i) {
      const Record held = to[i];
      size_t place = i;
      for (; place > 0 && held < to[place - 1]; --place) to[place] = to[place - 1];
      to[place] = held;
    }
    return to;
  }

  const Keys& keys_;
  size_t n_;
  Team& team_;
  std::unique_ptr<size_t[]> counts_;
  std::unique_ptr<Bucket[]> buckets_;
  std::unique_ptr<uint16_t[]> ofStep_;
  size_t used_ = 0;
  size_t largest_ = 0;
  Scratch<Record> spread_;
};

}  // namespace

Spread spreadSort(double* x, size_t n, Team& team) {
  const Values values(x, extent(x, n));
  Spreading<Values> spreading(values, n, team);
  const Spread found = spreading.run([x](const double* sorted, const Bucket& bucket) { std::copy(sorted, sorted + (bucket.to - bucket.from), x + bucket.from); });
  if (found != Spread::done) return found;
  // Zeros of both signs are equal, and stand as they came.
  double* const zeros = std::lower_bound(x, x + n, 0.0);
  double* const end = std::upper_bound(zeros, x + n, 0.0);
  double* const positive = zeros + std::count_if(zeros, end, [](double zero) { return std::signbit(zero); });
  std::fill(zeros, positive, -0.0);
  std::fill(positive, end, 0.0);
  return found;
}

Spread spreadOrder(const double* x, size_t n, uint32_t* order, Team& team) {
  const Ranks ranks(x, extent(x, n));
  Spreading<Ranks> spreading(ranks, n, team);
  return spreading.run([&](const uint64_t* sorted, const Bucket& bucket) {
    uint32_t* const to = order + bucket.from;
    const size_t count = bucket.to - bucket.from;
    bool equal = false;
    for (size_t i = 0; i < count; ++i) {
      to[i] = static_cast<uint32_t>(sorted[i]);
      equal |= i > 0 && sorted[i] >> 32 == sorted[i - 1] >> 32;
    }
    if (!equal) return;
    for (size_t i = 0, end = 1; i < count; i = end++) {
      while (end < count && sorted[end] >> 32 == sorted[i] >> 32) ++end;
      if (end - i > 1) std::sort(to + i, to + end, [x](uint32_t p, uint32_t q) { return x[p] < x[q] || (x[p] == x[q] && p < q); });
    }
  });
}

}  // namespace asicr

#include "telemetry/native/nonce_fields.h"

#include <algorithm>

namespace asicr {

namespace {

// A rule that fails for more than one row in so many is none.
constexpr size_t kRowsPerMiss = 64;
// Chips that may be missing from a chunk behind the last one seen.
constexpr uint32_t kUnseenChips = 4;
constexpr uint32_t kAddresses = 256;
constexpr unsigned kMostWidth = 8;

// Bits of the nonce read big-endian.
struct Field {
  unsigned shift;
  unsigned width;
};

// Where BM1366 and BM1387 put the core, and the address of the chip.
constexpr Field kCoreFields[] = {{25, 7}, {0, 7}};
constexpr Field kAddressFields[] = {{17, 8}, {24, 8}};

// What is expected of a column for each content of a field. Width 0: nothing, the column stands for itself.
class Rule {
 public:
  Rule(Field field, uint32_t divisor, uint32_t most) : field_(field), divisor_(divisor), most_(most), mask_((1u << field.width) - 1) {
    for (uint32_t content = 0; content <= mask_; content++) expected_[content] = static_cast<uint16_t>(std::min(content / divisor, most));
  }

  uint16_t expected(uint32_t nonce) const { return expected_[__builtin_bswap32(nonce) >> field_.shift & mask_]; }

  // False when too many rows deviate for a rule.
  bool holds(const uint16_t* column, const uint32_t* nonces, size_t n, size_t& misses) const {
    misses = 0;
    for (size_t i = 0; i < n; i++) {
      if (column[i] != expected(nonces[i]) && ++misses * kRowsPerMiss > n) return false;
    }
    return true;
  }

  uint32_t* write(const uint16_t* column, const uint32_t* nonces, size_t n, bool exact, uint32_t* scratch, uint32_t* out) const {
    *out++ = field_.shift | field_.width << 8 | divisor_ << 16;
    *out++ = most_;
    if (exact) return writeEqual(0, out);
    for (size_t i = 0; i < n; i++) {
      const int32_t difference = column[i] - expected(nonces[i]);
      scratch[i] = static_cast<uint32_t>(difference) << 1 ^ static_cast<uint32_t>(difference >> 31);
    }
    return writeLane(scratch, n, out);
  }

 private:
  Field field_;
  uint32_t divisor_;
  uint32_t most_;
  uint32_t mask_;
  uint16_t expected_[1 << kMostWidth];
};

uint32_t* writeItself(const uint16_t* column, const uint32_t* nonces, size_t n, uint32_t* scratch, uint32_t* out) {
  return Rule({0, 0}, 1, 0).write(column, nonces, n, false, scratch, out);
}

}  // namespace

uint32_t* writeCores(const uint16_t* cores, const uint32_t* nonces, size_t n, uint32_t* scratch, uint32_t* out) {
  for (const Field& field : kCoreFields) {
    const Rule rule(field, 1, 0xffff);
    size_t misses;
    if (rule.holds(cores, nonces, n, misses)) return rule.write(cores, nonces, n, misses == 0, scratch, out);
  }
  return writeItself(cores, nonces, n, scratch, out);
}

uint32_t* writeChips(const uint16_t* chips, const uint32_t* nonces, size_t n, uint32_t* scratch, uint32_t* out) {
  const uint32_t last = *std::max_element(chips, chips + n);
  if (last == 0) return writeItself(chips, nonces, n, scratch, out);
  for (const Field& field : kAddressFields) {
    // For chains of as many chips as were seen, and a few more.
    uint32_t before = 0;
    for (uint32_t count = last + 1; count <= std::min(last + 1 + kUnseenChips, kAddresses); count++) {
      const uint32_t divisor = kAddresses / count;
      if (divisor == before) continue;
      before = divisor;
      const Rule rule(field, divisor, last);
      size_t misses;
      if (rule.holds(chips, nonces, n, misses)) return rule.write(chips, nonces, n, misses == 0, scratch, out);
    }
  }
  return writeItself(chips, nonces, n, scratch, out);
}

bool readField(WordReader& words, const uint32_t* nonces, uint16_t* column, size_t n, uint32_t* scratch) {
  const uint32_t* head = words.take(2);
  if (head == nullptr) return false;
  const Field field{head[0] & 0xff, head[0] >> 8 & 0xff};
  const uint32_t divisor = head[0] >> 16;
  if (field.shift > 31 || field.width > kMostWidth || divisor == 0 || !readLane(words, scratch, n)) return false;
  const Rule rule(field, divisor, head[1]);
  for (size_t i = 0; i < n; i++) {
    const uint32_t difference = scratch[i] >> 1 ^ (0 - (scratch[i] & 1));
    column[i] = static_cast<uint16_t>(rule.expected(nonces[i]) + difference);
  }
  return true;
}

}  // namespace asicr

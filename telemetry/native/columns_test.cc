#include "telemetry/native/columns.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <vector>

#include "common/native/check.h"
#include "telemetry/native/bit_packing.h"

using namespace asicr;

namespace {

std::mt19937_64 randomBits(20261121);

uint64_t below(uint64_t limit) { return randomBits() % limit; }

// As many bits as drawn: small and large numbers are equally likely.
uint64_t anySize() { return randomBits() >> below(64); }

struct Batch {
  std::vector<int64_t> tNs;
  std::vector<uint32_t> sigmaNs, nonce, versionBits, jobSeq, difficultyLog2;
  std::vector<uint16_t> chip, core;
  std::vector<uint8_t> status;
  std::vector<double> residualNs;

  explicit Batch(size_t n)
      : tNs(n), sigmaNs(n), nonce(n), versionBits(n), jobSeq(n), difficultyLog2(n), chip(n), core(n), status(n), residualNs(n) {}

  NonceColumns columns() {
    return {tNs.data(),         sigmaNs.data(), chip.data(),   core.data(),           nonce.data(),
            versionBits.data(), jobSeq.data(),  status.data(), difficultyLog2.data(), residualNs.data()};
  }

  size_t size() const { return tNs.size(); }

  // Bit for bit: a NaN is no number that equals itself.
  bool operator==(const Batch& other) const {
    return tNs == other.tNs && sigmaNs == other.sigmaNs && nonce == other.nonce && versionBits == other.versionBits && jobSeq == other.jobSeq &&
           difficultyLog2 == other.difficultyLog2 && chip == other.chip && core == other.core && status == other.status &&
           std::memcmp(residualNs.data(), other.residualNs.data(), size() * sizeof(double)) == 0;
  }
};

// Values without any order, extreme ones among them.
Batch wild(size_t n) {
  Batch batch(n);
  const double odd[] = {std::nan(""), -0.0, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::denorm_min(), 1e308, -1e-308};
  for (size_t i = 0; i < n; i++) {
    batch.tNs[i] = static_cast<int64_t>(below(9) == 0 ? uint64_t{1} << 63 : anySize());
    for (auto* column : {&batch.sigmaNs, &batch.nonce, &batch.versionBits, &batch.jobSeq, &batch.difficultyLog2}) {
      (*column)[i] = static_cast<uint32_t>(anySize());
    }
    batch.chip[i] = static_cast<uint16_t>(anySize());
    batch.core[i] = static_cast<uint16_t>(anySize());
    batch.status[i] = static_cast<uint8_t>(anySize());
    const uint64_t bits = randomBits();
    std::memcpy(&batch.residualNs[i], &bits, sizeof bits);
    if (below(3) == 0) batch.residualNs[i] = odd[below(6)];
  }
  return batch;
}

// As a chain of 63 BM1387 yields them (specs/bm1387.md 1.5), with a few rows that deviate.
Batch regular(size_t n) {
  Batch batch = wild(n);
  int64_t tNs = 1;
  for (size_t i = 0; i < n; i++) {
    const uint32_t bigEndian = __builtin_bswap32(batch.nonce[i]);
    batch.tNs[i] = tNs += static_cast<int64_t>(below(100'000));
    batch.sigmaNs[i] = 1500 + static_cast<uint32_t>(below(400));
    batch.chip[i] = static_cast<uint16_t>(std::min<uint32_t>((bigEndian >> 24) / 4, 62));
    batch.core[i] = static_cast<uint16_t>(bigEndian & 0x7f);
    if (below(200) == 0) batch.chip[i] = 5;
    batch.versionBits[i] = static_cast<uint32_t>(below(4)) << 13;
    batch.jobSeq[i] = static_cast<uint32_t>(i / 9);
    batch.status[i] = below(500) == 0;
    batch.residualNs[i] = below(50) == 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(below(1'000'000)) / 1024 - 300;
  }
  return batch;
}

// No larger than what was written: the sanitizer sees a read beyond it.
struct Words {
  std::unique_ptr<uint32_t[]> words;
  size_t count;

  Words(const uint32_t* from, size_t n) : words(new uint32_t[n]), count(n) { std::memcpy(words.get(), from, n * sizeof(uint32_t)); }
};

Words written(Batch& batch) {
  std::vector<uint32_t> out(maxColumnWords(batch.size()));
  std::vector<uint32_t> scratch(scratchWords(batch.size()));
  const size_t count = writeColumns(batch.columns(), batch.size(), scratch.data(), out.data());
  return Words(out.data(), count);
}

bool read(const Words& from, Batch& batch) {
  std::vector<uint32_t> scratch(scratchWords(batch.size()));
  return readColumns(from.words.get(), from.count, batch.columns(), batch.size(), scratch.data());
}

void whatIsReadIsWhatWasWritten() {
  for (size_t round = 0; round < 300; round++) {
    const size_t n = 1 + below(round % 50 == 0 ? 5000 : 150);
    Batch batch = round % 2 == 0 ? wild(n) : regular(n);
    const Words words = written(batch);
    Batch back(n);
    CHECK(read(words, back));
    CHECK(back == batch);
  }
  Batch largest = regular(kMostRows);
  const Words words = written(largest);
  Batch back(kMostRows);
  CHECK(read(words, back));
  CHECK(back == largest);
}

void everyCutIsRefused() {
  Batch batch = regular(70);
  const Words whole = written(batch);
  for (size_t count = 0; count < whole.count; count++) {
    Batch back(70);
    CHECK(!read(Words(whole.words.get(), count), back));
  }
  std::vector<uint32_t> longer(whole.words.get(), whole.words.get() + whole.count);
  longer.push_back(0);
  Batch back(70);
  CHECK(!read(Words(longer.data(), longer.size()), back));
}

// Whatever the words say, only memory of the batch is written and only the words are read: the sanitizers look on.
void damagedWordsDoNoHarm() {
  Batch batch = regular(100);
  const Words whole = written(batch);
  size_t refused = 0;
  for (size_t round = 0; round < 20'000; round++) {
    Words damaged(whole.words.get(), whole.count);
    for (size_t times = 1 + below(3); times > 0; times--) damaged.words[below(damaged.count)] ^= static_cast<uint32_t>(anySize());
    Batch back(100);
    if (!read(damaged, back)) refused++;
  }
  for (size_t round = 0; round < 20'000; round++) {
    std::vector<uint32_t> noise(1 + below(60));
    for (uint32_t& word : noise) word = static_cast<uint32_t>(anySize());
    Batch back(1 + below(40));
    if (!read(Words(noise.data(), noise.size()), back)) refused++;
  }
  CHECK(refused > 20'000);
}

void patchesBeyondTheRowsAreRefused() {
  for (const uint32_t row : {7u, 8u, 0xffffffffu}) {
    const uint32_t lane[] = {5, 1u << 16, row, 99};
    WordReader reader(lane, 4);
    uint32_t values[8];
    CHECK_EQUAL(readLane(reader, values, 8), row < 8);
    if (row < 8) CHECK_EQUAL(values[7], 99u);
  }
}

void headsThatNoWriterWritesAreRefused() {
  const uint32_t heads[] = {33, 255, 1 | 32 << 8, 0xffff0000};
  for (const uint32_t head : heads) {
    std::vector<uint32_t> lane(64, 0);
    lane[1] = head;
    WordReader reader(lane.data(), lane.size());
    uint32_t values[8];
    CHECK(!readLane(reader, values, 8));
  }
  // shift above 31, width above 8, divisor 0.
  const uint32_t nonces[8] = {};
  for (const uint32_t field : {32u | 1u << 16, 9u << 8 | 1u << 16, 0u}) {
    const uint32_t words[] = {field, 0, 0, 0};
    WordReader reader(words, 4);
    uint16_t column[8];
    uint32_t scratch[8];
    CHECK(!readField(reader, nonces, column, 8, scratch));
  }
  // A grid that begins at infinity, or has it for its NaN.
  for (const size_t at : {2, 4}) {
    uint32_t words[20] = {};
    uint32_t scratch[4];
    const double floats[] = {1, 2.5};
    const size_t count = static_cast<size_t>(writeFloats(floats, 2, scratch, words) - words);
    double back[2];
    WordReader whole(words, count);
    CHECK(readFloats(whole, back, 2, scratch));
    words[at] = 0x7ff00000;
    words[at - 1] = 0;
    WordReader reader(words, count);
    CHECK(!readFloats(reader, back, 2, scratch));
  }
  for (const uint32_t exponent : {301u, 0u - 301u, 0x80000001u}) {
    std::vector<uint32_t> words(64, 0);
    words[0] = exponent;
    WordReader reader(words.data(), words.size());
    double floats[4];
    uint32_t scratch[8];
    CHECK(!readFloats(reader, floats, 4, scratch));
  }
}

void lanesNeverTakeMoreThanWholeWords() {
  for (size_t round = 0; round < 500; round++) {
    std::vector<uint32_t> values(1 + below(2000));
    const unsigned most = static_cast<unsigned>(below(32));
    // Every fifth row is what the choice of bits looks at.
    for (size_t i = 0; i < values.size(); i++) values[i] = i % 5 == 0 ? static_cast<uint32_t>(i % 2) : static_cast<uint32_t>(randomBits() >> 32 >> most);
    const std::unique_ptr<uint32_t[]> out(new uint32_t[maxLaneWords(values.size())]);
    const size_t count = static_cast<size_t>(writeLane(values.data(), values.size(), out.get()) - out.get());
    WordReader reader(out.get(), count);
    std::vector<uint32_t> back(values.size());
    CHECK(readLane(reader, back.data(), back.size()));
    CHECK_EQUAL(reader.left(), 0u);
    CHECK(back == values);
  }
}

void everyWidthPacksInItsWords() {
  for (unsigned bits = 1; bits < kWidths; bits++) {
    uint32_t codes[kBlockRows];
    for (uint32_t& code : codes) code = static_cast<uint32_t>(randomBits()) & ((1u << bits) - 1);
    const std::unique_ptr<uint32_t[]> words(new uint32_t[bits]);
    kPackBlock[bits](codes, words.get());
    uint32_t back[kBlockRows];
    kUnpackBlock[bits](words.get(), back);
    CHECK(std::memcmp(codes, back, sizeof codes) == 0);
    CHECK_EQUAL(words[0] & ((1u << bits) - 1), codes[0]);
  }
}

}  // namespace

int main() {
  whatIsReadIsWhatWasWritten();
  everyCutIsRefused();
  damagedWordsDoNoHarm();
  patchesBeyondTheRowsAreRefused();
  headsThatNoWriterWritesAreRefused();
  lanesNeverTakeMoreThanWholeWords();
  everyWidthPacksInItsWords();
  return checks.finish();
}

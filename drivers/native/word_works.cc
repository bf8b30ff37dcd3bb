#include "drivers/native/word_works.h"

#include "drivers/native/little_endian.h"

namespace asicr {
namespace {

constexpr size_t kVersionAt = 0;
constexpr size_t kNtimeAt = 68;

}  // namespace

WordWork workOfWord(const Word& word, JobFormat format, uint8_t wireId, uint32_t index) {
  const auto perWork = static_cast<uint32_t>(format.versions());
  const auto bits = static_cast<uint32_t>(__builtin_popcount(word.versionMask));
  const uint32_t worksPerSecond = bits < 32 ? (uint32_t{1} << bits) / perWork : UINT32_MAX / perWork;
  std::array<uint8_t, 80> header = word.header;
  WordWork work{};
  work.ntime = loadLittle32(&header[kNtimeAt]) + index / worksPerSecond;
  storeLittle32(&header[kNtimeAt], work.ntime);
  const uint32_t version = loadLittle32(&header[kVersionAt]);
  for (uint32_t i = 0; i < perWork; i++)
    work.versions[i] = versionVariant(version, word.versionMask, index % worksPerSecond * perWork + i);
  work.frame = jobOfHeader(wireId, header.data(), work.versions.data(), format.midstates);
  return work;
}

}  // namespace asicr

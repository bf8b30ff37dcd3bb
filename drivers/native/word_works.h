// The works of one word: chips of a BM1387 come to the end of a work within milliseconds, which is long before somebody answers.
#pragma once
#include <array>
#include <cstdint>

#include "drivers/native/job_builder.h"

namespace asicr {

// What all works of a word have in common.
struct Word {
  std::array<uint8_t, 80> header;  // version without the bits under the mask; the nonce is not used
  uint32_t versionMask;
};

struct WordWork {
  uint32_t ntime;
  std::array<uint32_t, kMostMidstates> versions;  // by midstate index
  JobFrame frame;
};

// The work number `index` of a word: other version bits for each, and when the mask has no more, the next second. No two have a header in common.
WordWork workOfWord(const Word& word, JobFormat format, uint8_t wireId, uint32_t index);

}  // namespace asicr

#include "drivers/native/job_frame.h"

#include <cstring>

namespace asicr {
namespace {

constexpr uint8_t kJobHeader = 0x21;
constexpr size_t kCrcBytes = 2;
constexpr size_t kWordBytes = 4;

constexpr std::array<uint16_t, 256> crc16Table() {
  std::array<uint16_t, 256> table{};
  for (unsigned byte = 0; byte < 256; byte++) {
    unsigned crc = byte << 8;
    for (int bit = 0; bit < 8; bit++) crc = (crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1;
    table[byte] = static_cast<uint16_t>(crc);
  }
  return table;
}

constexpr std::array<uint16_t, 256> kCrc16Table = crc16Table();

class Writer {
 public:
  void byte(uint8_t value) { frame_.bytes[frame_.length++] = value; }
  void little32(uint32_t value) {
    for (unsigned shift = 0; shift < 32; shift += 8) byte(static_cast<uint8_t>(value >> shift));
  }
  void copy(const uint8_t* bytes, size_t count) {
    std::memcpy(&frame_.bytes[frame_.length], bytes, count);
    frame_.length += count;
  }
  // Eight words in reversed order, bytes inside a word untouched.
  void reversedWords(const uint8_t bytes[32]) {
    for (int word = 7; word >= 0; word--) copy(bytes + kWordBytes * static_cast<size_t>(word), kWordBytes);
  }
  JobFrame sealed(size_t preambleBytes) {
    const uint16_t crc = crc16(&frame_.bytes[preambleBytes], frame_.length - preambleBytes);
    byte(static_cast<uint8_t>(crc >> 8));
    byte(static_cast<uint8_t>(crc));
    return frame_;
  }

 private:
  JobFrame frame_;
};

}  // namespace

uint16_t crc16(const uint8_t* bytes, size_t count) {
  unsigned crc = 0xFFFF;
  for (size_t i = 0; i < count; i++) crc = (crc << 8 & 0xFFFF) ^ kCrc16Table[crc >> 8 ^ bytes[i]];
  return static_cast<uint16_t>(crc);
}

JobFrame midstateJob(uint8_t wireId, uint32_t nbits, uint32_t ntime, const uint8_t merkleTail[4], const uint8_t* midstates, size_t count) {
  Writer frame;
  frame.byte(kJobHeader);
  frame.byte(static_cast<uint8_t>(20 + kMidstateBytes * count + kCrcBytes));
  frame.byte(wireId);
  frame.byte(static_cast<uint8_t>(count));
  frame.little32(0);  // start nonce
  frame.little32(nbits);
  frame.little32(ntime);
  frame.copy(merkleTail, kWordBytes);
  for (size_t i = 0; i < count; i++) frame.reversedWords(midstates + kMidstateBytes * i);
  return frame.sealed(0);
}

JobFrame fullHeaderJob(uint8_t wireId, uint32_t version, const uint8_t prevHash[32], const uint8_t merkleRoot[32], uint32_t ntime,
                       uint32_t nbits) {
  constexpr size_t kPreambleBytes = 2;
  Writer frame;
  frame.byte(0x55);
  frame.byte(0xAA);
  frame.byte(kJobHeader);
  frame.byte(0x56);  // every byte after the preamble
  frame.byte(wireId);
  frame.byte(1);
  frame.little32(0);  // start nonce
  frame.little32(nbits);
  frame.little32(ntime);
  frame.reversedWords(merkleRoot);
  frame.reversedWords(prevHash);
  frame.little32(version);
  return frame.sealed(kPreambleBytes);
}

}  // namespace asicr

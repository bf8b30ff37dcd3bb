// Words of a block header in its bytes.
#pragma once
#include <cstdint>

namespace asicr {

inline uint32_t loadLittle32(const uint8_t* bytes) {
  uint32_t value = 0;
  for (unsigned i = 4; i-- > 0;) value = value << 8 | bytes[i];
  return value;
}

inline void storeLittle32(uint8_t* bytes, uint32_t value) {
  for (unsigned i = 0; i < 4; i++) bytes[i] = static_cast<uint8_t>(value >> (8 * i));
}

}  // namespace asicr

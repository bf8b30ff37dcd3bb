// SHA-256d of a message of any length: what coinbases and merkle branches need.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

namespace asicr {

using Digest = std::array<uint8_t, 32>;

// Internal order: the order in which SHA-256 produces the bytes.
Digest sha256d(const uint8_t* bytes, size_t count);

}  // namespace asicr

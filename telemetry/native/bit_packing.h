// 32 codes of 1 to 31 bits in as many words as a code has bits, from the lowest bit on. One function a width: every shift is a constant.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace asicr {

constexpr size_t kBlockRows = 32;
constexpr unsigned kWidths = 32;

using PackBlock = void (*)(const uint32_t* codes, uint32_t* words);
using UnpackBlock = void (*)(const uint32_t* words, uint32_t* codes);

namespace packing {

template <unsigned bits, size_t row>
inline void putCode(const uint32_t* codes, uint32_t* words) {
  constexpr unsigned word = row * bits / 32;
  constexpr unsigned offset = row * bits % 32;
  if constexpr (offset == 0) {
    words[word] = codes[row];
  } else {
    words[word] |= codes[row] << offset;
    if constexpr (offset + bits > 32) words[word + 1] = codes[row] >> (32 - offset);
  }
}

template <unsigned bits, size_t row>
inline uint32_t codeOf(const uint32_t* words) {
  constexpr unsigned word = row * bits / 32;
  constexpr unsigned offset = row * bits % 32;
  constexpr uint32_t mask = (uint32_t{1} << bits) - 1;
  uint32_t code = words[word] >> offset;
  if constexpr (offset + bits > 32) code |= words[word + 1] << (32 - offset);
  return code & mask;
}

template <unsigned bits, size_t... rows>
inline void putCodes(const uint32_t* codes, uint32_t* words, std::index_sequence<rows...>) {
  (putCode<bits, rows>(codes, words), ...);
}

template <unsigned bits, size_t... rows>
inline void takeCodes(const uint32_t* words, uint32_t* codes, std::index_sequence<rows...>) {
  ((codes[rows] = codeOf<bits, rows>(words)), ...);
}

// Width 0 stands for itself nowhere: a lane without bits has no words.
template <unsigned bits>
void packBlock([[maybe_unused]] const uint32_t* __restrict codes, [[maybe_unused]] uint32_t* __restrict words) {
  if constexpr (bits > 0) putCodes<bits>(codes, words, std::make_index_sequence<kBlockRows>());
}

template <unsigned bits>
void unpackBlock([[maybe_unused]] const uint32_t* __restrict words, [[maybe_unused]] uint32_t* __restrict codes) {
  if constexpr (bits > 0) takeCodes<bits>(words, codes, std::make_index_sequence<kBlockRows>());
}

template <size_t... widths>
constexpr std::array<PackBlock, kWidths> packers(std::index_sequence<widths...>) {
  return {packBlock<widths>...};
}

template <size_t... widths>
constexpr std::array<UnpackBlock, kWidths> unpackers(std::index_sequence<widths...>) {
  return {unpackBlock<widths>...};
}

}  // namespace packing

constexpr std::array<PackBlock, kWidths> kPackBlock = packing::packers(std::make_index_sequence<kWidths>());
constexpr std::array<UnpackBlock, kWidths> kUnpackBlock = packing::unpackers(std::make_index_sequence<kWidths>());

}  // namespace asicr

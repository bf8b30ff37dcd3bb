#include "common/native/sha256_kernels.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <cpuid.h>
#include <immintrin.h>

namespace asicr::sha256 {
namespace {

#define ASICR_SHA_NI __attribute__((target("sha,sse4.1,ssse3")))

// Intel SDM, SHA256RNDS2: the state travels as ABEF and CDGH, two rounds an instruction. Loops over streams and groups are unrolled,
// so that everything stays in registers.
template <int Streams>
ASICR_SHA_NI inline void compress(uint32_t (*states)[8], const uint32_t (*blocks)[16]) {
  __m128i abef[Streams], cdgh[Streams], message[Streams][4];
#pragma GCC unroll 2
  for (int s = 0; s < Streams; s++) {
    const __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(states[s])), 0xB1);
    const __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(states[s] + 4)), 0x1B);
    abef[s] = _mm_alignr_epi8(cdab, efgh, 8);
    cdgh[s] = _mm_blend_epi16(efgh, cdab, 0xF0);
    for (int i = 0; i < 4; i++) message[s][i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(blocks[s] + 4 * i));
  }
  __m128i abefBefore[Streams], cdghBefore[Streams];
  for (int s = 0; s < Streams; s++) {
    abefBefore[s] = abef[s];
    cdghBefore[s] = cdgh[s];
  }
#pragma GCC unroll 16
  for (int group = 0; group < 16; group++) {
    const __m128i constants = _mm_load_si128(reinterpret_cast<const __m128i*>(kRoundConstants + 4 * group));
#pragma GCC unroll 2
    for (int s = 0; s < Streams; s++) {
      __m128i* const m = message[s];
      const __m128i words = _mm_add_epi32(m[group & 3], constants);
      cdgh[s] = _mm_sha256rnds2_epu32(cdgh[s], abef[s], words);
      abef[s] = _mm_sha256rnds2_epu32(abef[s], cdgh[s], _mm_shuffle_epi32(words, 0x0E));
      if (group < 12) {
        const __m128i w7 = _mm_alignr_epi8(m[(group + 3) & 3], m[(group + 2) & 3], 4);
        const __m128i partial = _mm_add_epi32(_mm_sha256msg1_epu32(m[group & 3], m[(group + 1) & 3]), w7);
        m[group & 3] = _mm_sha256msg2_epu32(partial, m[(group + 3) & 3]);
      }
    }
  }
#pragma GCC unroll 2
  for (int s = 0; s < Streams; s++) {
    const __m128i feba = _mm_shuffle_epi32(_mm_add_epi32(abef[s], abefBefore[s]), 0x1B);
    const __m128i dchg = _mm_shuffle_epi32(_mm_add_epi32(cdgh[s], cdghBefore[s]), 0xB1);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(states[s]), _mm_blend_epi16(feba, dchg, 0xF0));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(states[s] + 4), _mm_alignr_epi8(dchg, feba, 8));
  }
}

ASICR_SHA_NI void compressOne(uint32_t state[8], const uint32_t block[16]) {
  compress<1>(reinterpret_cast<uint32_t(*)[8]>(state), reinterpret_cast<const uint32_t(*)[16]>(block));
}

ASICR_SHA_NI void compressTwo(uint32_t states[2][8], const uint32_t blocks[2][16]) { compress<2>(states, blocks); }

// CPUID leaf 7 EBX bit 29 is SHA, leaf 1 ECX bits 9 and 19 are SSSE3 and SSE4.1 (Intel SDM volume 2A).
bool processorHasShaNi() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || (ecx & 1u << 9) == 0 || (ecx & 1u << 19) == 0) return false;
  return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (ebx & 1u << 29) != 0;
}

}  // namespace

const Kernel* shaNi() {
  static const Kernel kernel = {"sha-ni", compressOne, compressTwo};
  static const bool available = processorHasShaNi();
  return available ? &kernel : nullptr;
}

}  // namespace asicr::sha256

#else

namespace asicr::sha256 {

const Kernel* shaNi() { return nullptr; }

}  // namespace asicr::sha256

#endif

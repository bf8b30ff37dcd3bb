#include "common/native/sha256d.h"

#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "common/native/check.h"

using namespace asicr;

namespace {

std::vector<uint8_t> fromHex(const std::string& hex) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) bytes.push_back(static_cast<uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

std::string displayHash(const uint8_t* digest) {
  std::string hex;
  for (int i = 31; i >= 0; i--) {
    hex += "0123456789abcdef"[digest[i] >> 4];
    hex += "0123456789abcdef"[digest[i] & 15];
  }
  return hex;
}

struct Known {
  std::string header;
  std::string hash;
  double difficulty;
};

// specs/bm1366.md 4.5 (both examples); 80 zero bytes (by another implementation); the genesis block of Bitcoin.
const Known kKnown[] = {
    {"00600020c25721d4e8be8ef8ccfe036f478a5e7c5857dda2659049100c00000000000000322885c74474ede0bfba1b1d8d70ed9b7b42acc90fffdf3fcbdaf23f"
     "f3c00910e016af64f8952419083928a9",
     "000000001b96f590c6ddc0bc7994daf554cefce6f142df3881f85bf5f3df1735", 9.278689},
    {"0060962aa39b4310863947efd282b30ff755d3ab247c76ee7e5d010000000000000000004c4577aff36cdfdb0613ee3dc73c46e349da802849ec4f4995f9de8df5"
     "838008df1b226619420317178560d2",
     "000000000000000000023dfafae2b6e6b5ecf9d1365fafa075dec49625721f37", 1.2554e14},
    {std::string(160, '0'),
     "14508459b221041eab257d2baaa7459775ba748246c8403609eb708f0e57e74b", -1},
    {"0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa"
     "4b1e5e4a29ab5f49ffff001d1dac2b7c",
     "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f", 2536.4},
};

void knownAnswers() {
  for (const Known& known : kKnown) {
    const std::vector<uint8_t> header = fromHex(known.header);
    CHECK_EQUAL(header.size(), 80u);
    uint8_t digest[32];
    sha256dHeaders(header.data(), 1, digest);
    CHECK_EQUAL(displayHash(digest), known.hash);
    if (known.difficulty > 0) CHECK(std::abs(std::exp2(log2Difficulty(digest)) / known.difficulty - 1) < 1e-4);
  }
}

std::vector<uint8_t> randomBytes(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<uint8_t> bytes(count);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  return bytes;
}

std::vector<uint8_t> digestsWith(const char* kernel, const std::vector<uint8_t>& headers) {
  CHECK(useSha256dKernel(kernel));
  CHECK_EQUAL(std::string(sha256dKernel()), std::string(kernel));
  std::vector<uint8_t> digests(headers.size() / 80 * 32);
  sha256dHeaders(headers.data(), headers.size() / 80, digests.data());
  return digests;
}

// Odd and even counts take different paths through the two-stream kernel.
void tailsAgreeWithHeaders() {
  for (size_t count : {0u, 1u, 2u, 3u, 64u}) {
    std::vector<uint8_t> headers = randomBytes(80 * count, 7);
    std::vector<uint32_t> nonces(count);
    for (size_t i = 0; i < count; i++) {
      std::memcpy(&headers[80 * i], headers.data(), 76);
      const uint8_t* last = &headers[80 * i + 76];
      nonces[i] = uint32_t{last[0]} << 24 | uint32_t{last[1]} << 16 | uint32_t{last[2]} << 8 | last[3];
    }
    std::vector<uint8_t> whole(32 * count), fromTails(32 * count);
    sha256dHeaders(headers.data(), count, whole.data());
    if (count > 0) sha256dTails(midstateOf(headers.data()), headers.data() + 64, nonces.data(), count, fromTails.data());
    CHECK(whole == fromTails);
  }
}

void zeroBitsAndDifficulty() {
  uint8_t digest[32] = {};
  CHECK_EQUAL(leadingZeroBits(digest), 256u);
  CHECK(std::isinf(log2Difficulty(digest)) && log2Difficulty(digest) > 0);

  std::memset(digest, 0xff, sizeof digest);
  CHECK_EQUAL(leadingZeroBits(digest), 0u);
  CHECK(std::abs(log2Difficulty(digest) - (std::log2(65535.0) - 48)) < 1e-12);

  // Every single bit: the number is 2^bit.
  for (unsigned bit = 0; bit < 256; bit++) {
    std::memset(digest, 0, sizeof digest);
    digest[bit / 8] = static_cast<uint8_t>(1u << bit % 8);
    CHECK_EQUAL(leadingZeroBits(digest), 255 - bit);
    CHECK(std::abs(log2Difficulty(digest) - (std::log2(65535.0) + 208 - bit)) < 1e-12);
  }
}

}  // namespace

int main() {
  CHECK(!useSha256dKernel("no such kernel"));
  const std::string detected = sha256dKernel();
  CHECK(detected == "sha-ni" || detected == "portable");

  const std::vector<uint8_t> headers = randomBytes(80 * 1001, 1);
  const std::vector<uint8_t> reference = digestsWith("portable", headers);
  knownAnswers();
  tailsAgreeWithHeaders();
  if (useSha256dKernel("sha-ni")) {
    CHECK(digestsWith("sha-ni", headers) == reference);
    knownAnswers();
    tailsAgreeWithHeaders();
  }
  zeroBitsAndDifficulty();
  return checks.finish();
}

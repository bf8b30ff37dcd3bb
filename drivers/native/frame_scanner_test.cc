#include "drivers/native/frame_scanner.h"

#include <algorithm>
#include <cstdio>
#include <random>
#include <set>
#include <string>

#include "common/native/check.h"

using namespace asicr;

namespace {

using Bytes = std::vector<uint8_t>;

Bytes bytesOf(const char* text) { return Bytes(text, text + std::string(text).size()); }

size_t preambleBytes(size_t length) { return length == kBareFrame ? 0 : 2; }

// specs/bm1366.md 1.8, specs/bm1387.md 1.4: payload, three type bits, then the CRC that makes the whole zero.
Bytes makeFrame(size_t length, std::mt19937& random) {
  Bytes frame;
  if (length != kBareFrame) frame = {0xAA, 0x55};
  while (frame.size() < length - 1) frame.push_back(static_cast<uint8_t>(random()));
  const uint8_t type = random() % 2 != 0 ? 0x80 : 0x00;
  for (unsigned crc = 0; crc < 32; crc++) {
    Bytes whole = frame;
    whole.push_back(static_cast<uint8_t>(type | crc));
    const size_t unchecked = preambleBytes(length);
    if (crc5(whole.data() + unchecked, whole.size() - unchecked) == 0) return whole;
  }
  return {};
}

size_t lengthFor(ResponseLength length, std::mt19937& random) {
  if (length == ResponseLength::kSeven) return kBareFrame;
  const bool nine = length == ResponseLength::kNine || (length == ResponseLength::kEither && random() % 2 != 0);
  return nine ? kShortFrame : kLongFrame;
}

struct Placed {
  uint64_t offset;
  size_t length;
};

struct Stream {
  Bytes bytes;
  std::vector<Placed> intact;
  std::set<uint64_t> silences;  // before the byte at this offset
};

// Silences: one before each frame with probability 1/`silentOneIn`, none with 0; and a tenth as often one within a frame, as a late reader
// makes them.
Stream makeStream(ResponseLength length, unsigned silentOneIn, std::mt19937& random) {
  Stream stream;
  for (int i = 0; i < 40; i++) {
    if (silentOneIn > 0 && random() % silentOneIn == 0) stream.silences.insert(stream.bytes.size());
    if (silentOneIn > 1 && random() % (10 * silentOneIn) == 0) stream.silences.insert(stream.bytes.size() + random() % kBareFrame);
    Bytes frame = makeFrame(lengthFor(length, random), random);
    bool intact = true;
    switch (random() % 8) {
      case 0:  // noise before it, rich in preamble bytes
        for (unsigned n = random() % 30; n > 0; n--) {
          const uint8_t choices[] = {0xAA, 0x55, static_cast<uint8_t>(random())};
          stream.bytes.push_back(choices[random() % 3]);
        }
        break;
      case 1:
        frame.erase(frame.begin() + static_cast<std::ptrdiff_t>(random() % frame.size()));
        intact = false;
        break;
      case 2:
        frame.insert(frame.begin() + 1 + static_cast<std::ptrdiff_t>(random() % (frame.size() - 1)), static_cast<uint8_t>(random()));
        intact = false;
        break;
      case 3:
        frame[random() % frame.size()] ^= static_cast<uint8_t>(1u << random() % 8);
        intact = false;
        break;
      default:
        break;
    }
    if (intact) stream.intact.push_back({stream.bytes.size(), frame.size()});
    stream.bytes.insert(stream.bytes.end(), frame.begin(), frame.end());
  }
  return stream;
}

struct Scan {
  std::vector<Frame> frames;
  uint64_t discarded;
  size_t pending;
};

Scan scan(const Bytes& bytes, ResponseLength length, std::mt19937* cuts, const std::set<uint64_t>& silences = {}) {
  FrameScanner scanner(length);
  Scan result{};
  for (size_t at = 0; at < bytes.size();) {
    if (silences.count(at) > 0) scanner.silence();
    const auto next = silences.upper_bound(at);
    const size_t whole = (next == silences.end() ? bytes.size() : std::min<size_t>(*next, bytes.size())) - at;
    const size_t count = std::min<size_t>(whole, cuts == nullptr ? whole : 1 + (*cuts)() % 23);
    // A copy of exactly this size, so that AddressSanitizer sees a read past its end.
    const Bytes chunk(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.begin() + static_cast<std::ptrdiff_t>(at + count));
    scanner.feed(chunk.data(), chunk.size(), result.frames);
    at += count;
  }
  scanner.flush(result.frames);
  result.discarded = scanner.discardedBytes();
  result.pending = scanner.pendingBytes();
  CHECK_EQUAL(scanner.pendingOffset() + scanner.pendingBytes(), bytes.size());
  return result;
}

bool same(const Frame& a, const Frame& b) { return a.offset == b.offset && a.length == b.length && a.bytes == b.bytes; }

// Whether a silence lies within the seven bytes from `offset` on.
bool crossesSilence(const Stream& stream, uint64_t offset) {
  const auto silence = stream.silences.upper_bound(offset);
  return silence != stream.silences.end() && *silence < offset + kBareFrame;
}

// Over all streams: a scanner that finds next to nothing must not pass as one that was overlapped everywhere.
unsigned long intactFrames = 0;
unsigned long recoveredFrames = 0;

void damagedStreams(ResponseLength length, unsigned silentOneIn, uint32_t seed) {
  std::mt19937 random(seed);
  const Stream stream = makeStream(length, silentOneIn, random);
  const Scan whole = scan(stream.bytes, length, nullptr, stream.silences);

  const Scan cut = scan(stream.bytes, length, &random, stream.silences);
  CHECK(std::equal(whole.frames.begin(), whole.frames.end(), cut.frames.begin(), cut.frames.end(), same));
  CHECK_EQUAL(cut.discarded, whole.discarded);
  CHECK_EQUAL(cut.pending, whole.pending);

  uint64_t end = 0;
  uint64_t framed = 0;
  for (const Frame& frame : whole.frames) {
    CHECK(frame.offset >= end);
    if (length == ResponseLength::kSeven && crossesSilence(stream, frame.offset))
      CHECK(frame.offset == end || stream.silences.count(frame.offset) > 0);
    end = frame.offset + frame.length;
    framed += frame.length;
    CHECK(std::equal(frame.bytes.begin(), frame.bytes.begin() + frame.length, stream.bytes.begin() + static_cast<std::ptrdiff_t>(frame.offset)));
    const size_t unchecked = preambleBytes(frame.length);
    CHECK(unchecked == 0 ? (frame.bytes[6] & 0x60) == 0 : frame.bytes[0] == 0xAA && frame.bytes[1] == 0x55);
    CHECK_EQUAL(unsigned{crc5(frame.bytes.data() + unchecked, frame.length - unchecked)}, 0u);
  }
  CHECK_EQUAL(framed + whole.discarded + whole.pending, stream.bytes.size());

  for (const Placed& placed : stream.intact) {
    const uint64_t placedEnd = placed.offset + placed.length;
    bool recovered = false;
    bool overlappedByFalse = placedEnd > stream.bytes.size() - whole.pending;
    for (const Frame& frame : whole.frames) {
      const bool isIt = frame.offset == placed.offset && frame.length == placed.length;
      recovered |= isIt;
      overlappedByFalse |= !isIt && frame.offset < placedEnd && placed.offset < frame.offset + frame.length;
    }
    CHECK(recovered || overlappedByFalse || (length == ResponseLength::kSeven && crossesSilence(stream, placed.offset)));
    intactFrames++;
    recoveredFrames += recovered ? 1 : 0;
  }
}

// Without damage nothing may be lost or discarded, false frames or not.
void cleanStreams(ResponseLength length, uint32_t seed) {
  std::mt19937 random(seed);
  Bytes bytes;
  for (int i = 0; i < 200; i++) {
    const Bytes frame = makeFrame(lengthFor(length, random), random);
    bytes.insert(bytes.end(), frame.begin(), frame.end());
  }
  const Scan result = scan(bytes, length, &random);
  CHECK_EQUAL(result.frames.size(), 200u);
  CHECK_EQUAL(result.discarded, 0u);
  CHECK_EQUAL(result.pending, 0u);
}

const Bytes kChipId11 = {0xAA, 0x55, 0x13, 0x66, 0, 0, 0, 0, 0, 0, 0x05};
const Bytes kChipId9 = {0xAA, 0x55, 0x13, 0x66, 0, 0, 0, 0, 0x0C};

void everySingleBitErrorIsRefused() {
  for (size_t bit = 16; bit < 88; bit++) {
    Bytes frame = kChipId11;
    frame[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
    CHECK_EQUAL(scan(frame, ResponseLength::kEleven, nullptr).frames.size(), 0u);
  }
}

void shortFrameWaitsForSilenceInEitherMode() {
  FrameScanner scanner(ResponseLength::kEither);
  std::vector<Frame> found;
  scanner.feed(kChipId9.data(), kChipId9.size(), found);
  CHECK_EQUAL(found.size(), 0u);
  scanner.flush(found);
  CHECK(found.size() == 1 && found[0].length == 9);
  CHECK_EQUAL(scanner.pendingBytes(), 0u);

  // Nine of eleven bytes whose short reading fails stay and become the long frame.
  scanner.feed(kChipId11.data(), 9, found);
  scanner.flush(found);
  CHECK_EQUAL(found.size(), 1u);
  scanner.feed(kChipId11.data() + 9, 2, found);
  CHECK(found.size() == 2 && found[1].length == 11 && found[1].offset == 9);
}

void newLengthAppliesToWaitingBytes() {
  FrameScanner scanner(ResponseLength::kEleven);
  std::vector<Frame> found;
  scanner.feed(kChipId9.data(), kChipId9.size(), found);
  scanner.flush(found);
  CHECK_EQUAL(found.size(), 0u);
  scanner.setLength(ResponseLength::kNine, found);
  CHECK_EQUAL(found.size(), 1u);
}

// specs/bm1387.md 1.4, 1.5
const Bytes kAddress = {0x13, 0x87, 0x90, 0xF4, 0, 0, 0x1C};
const Bytes kNonce = {0x72, 0x03, 0xEA, 0x83, 0, 0x39, 0x97};

void bareFramesOfTheSpecification() {
  Bytes both = kAddress;
  both.insert(both.end(), kNonce.begin(), kNonce.end());
  const Scan found = scan(both, ResponseLength::kSeven, nullptr);
  CHECK(found.frames.size() == 2 && found.frames[1].offset == 7 && found.discarded == 0);
  // specs/bm1387.md 6: these must be rejected.
  CHECK_EQUAL(scan({0x13, 0x87, 0x90, 0xF4, 0, 0, 0x1D}, ResponseLength::kSeven, nullptr).frames.size(), 0u);
  CHECK_EQUAL(scan({0x48, 0x06, 0x3C, 0x08, 0, 0x12, 0x98}, ResponseLength::kSeven, nullptr).frames.size(), 0u);
}

void everySingleBitErrorOfABareFrameIsRefused() {
  for (size_t bit = 0; bit < 56; bit++) {
    Bytes frame = kAddress;
    frame[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
    CHECK_EQUAL(scan(frame, ResponseLength::kSeven, nullptr).frames.size(), 0u);
  }
}

// Six bytes before it that are no frame's: how a beginning among them, or across the silence, could take the true frame's place.
void silenceBringsTheSearchIntoStep() {
  unsigned misledWithout = 0, misledWith = 0;
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; i++) {
    Bytes bytes(9);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    const Bytes frame = makeFrame(kBareFrame, random);
    bytes.insert(bytes.end(), frame.begin(), frame.end());
    const auto found = [&](const Scan& result) { return !result.frames.empty() && result.frames.back().offset == 9; };
    misledWithout += found(scan(bytes, ResponseLength::kSeven, nullptr)) ? 0 : 1;
    misledWith += found(scan(bytes, ResponseLength::kSeven, nullptr, {9})) ? 0 : 1;
  }
  // Three beginnings lie wholly before the frame and harm nothing; six run into it.
  CHECK(misledWithout > 20'000 * 3 / 128 && misledWithout < 20'000 * 8 / 128);
  // Two false frames in a row, the second in step.
  CHECK(misledWith < 20'000 * 8 / (128 * 128));
}

void aFrameInStepMayGoOnAcrossASilence() {
  Bytes bytes = kAddress;
  bytes.insert(bytes.end(), kNonce.begin(), kNonce.end());
  CHECK_EQUAL(scan(bytes, ResponseLength::kSeven, nullptr, {3, 10, 12}).frames.size(), 2u);
}

void whatWaitsOfABareFrameExpires() {
  FrameScanner scanner(ResponseLength::kSeven);
  std::vector<Frame> found;
  scanner.feed(kAddress.data(), 4, found);
  scanner.expire(found);
  CHECK_EQUAL(scanner.pendingBytes(), 0u);
  CHECK_EQUAL(scanner.discardedBytes(), 4u);
  scanner.feed(kNonce.data(), kNonce.size(), found);
  CHECK(found.size() == 1 && found[0].offset == 4);

  // A frame with a preamble may wait for ever: its beginning is sure.
  FrameScanner patient(ResponseLength::kEleven);
  patient.feed(kChipId11.data(), 9, found);
  patient.expire(found);
  CHECK_EQUAL(patient.pendingBytes(), 9u);
}

// With the strays kept, what is found is the whole stream, byte for byte and in order, and the frames are the same ones.
void straysAndFramesAreTheStream(ResponseLength length, unsigned silentOneIn, uint32_t seed) {
  std::mt19937 random(seed);
  const Stream stream = makeStream(length, silentOneIn, random);
  FrameScanner keeping(length), plain(length);
  keeping.keepStrays();
  std::vector<Frame> all, frames;
  Bytes heard;
  for (size_t at = 0; at < stream.bytes.size(); at++) {
    std::vector<Frame> found;
    const auto both = [&](auto act) {
      act(keeping, found);
      act(plain, frames);
    };
    if (stream.silences.count(at) > 0) both([](FrameScanner& scanner, std::vector<Frame>&) { scanner.silence(); });
    // Long enough a silence that what waits is given up.
    if (stream.silences.count(at) > 0 && random() % 4 == 0) both([](FrameScanner& scanner, std::vector<Frame>& into) { scanner.expire(into); });
    both([&](FrameScanner& scanner, std::vector<Frame>& into) { scanner.feed(&stream.bytes[at], 1, into); });
    all.insert(all.end(), found.begin(), found.end());
  }
  keeping.abandon(all);
  CHECK_EQUAL(keeping.pendingBytes(), 0u);
  size_t framesSeen = 0;
  for (const Frame& run : all) {
    CHECK_EQUAL(run.offset, heard.size());
    heard.insert(heard.end(), run.bytes.begin(), run.bytes.begin() + run.length);
    if (!run.stray) CHECK(framesSeen < frames.size() && same(run, frames[framesSeen++]));
  }
  CHECK(heard == stream.bytes);
  CHECK_EQUAL(framesSeen, frames.size());
}

void strayRunsAreAsLongAsTheyCanBe() {
  FrameScanner scanner(ResponseLength::kEleven);
  scanner.keepStrays();
  std::vector<Frame> found;
  const Bytes noise(25, 0x11);
  scanner.feed(noise.data(), noise.size(), found);
  scanner.feed(kChipId11.data(), kChipId11.size(), found);
  CHECK(found.size() == 4 && found[0].length == 11 && found[1].length == 11 && found[2].length == 3 && !found[3].stray);
  CHECK_EQUAL(scanner.discardedBytes(), 25u);
}

}  // namespace

int main() {
  // specs/bm1366.md 1.5
  const Bytes check = bytesOf("123456789");
  CHECK_EQUAL(unsigned{crc5(check.data(), check.size())}, 0x0Fu);
  const Bytes readAll = {0x52, 0x05, 0x00, 0x00};
  CHECK_EQUAL(unsigned{crc5(readAll.data(), readAll.size())}, 0x0Au);

  everySingleBitErrorIsRefused();
  shortFrameWaitsForSilenceInEitherMode();
  newLengthAppliesToWaitingBytes();
  bareFramesOfTheSpecification();
  everySingleBitErrorOfABareFrameIsRefused();
  silenceBringsTheSearchIntoStep();
  aFrameInStepMayGoOnAcrossASilence();
  whatWaitsOfABareFrameExpires();
  strayRunsAreAsLongAsTheyCanBe();
  for (const ResponseLength length : {ResponseLength::kSeven, ResponseLength::kNine, ResponseLength::kEleven, ResponseLength::kEither})
    for (uint32_t seed = 1; seed <= 200; seed++) straysAndFramesAreTheStream(length, seed % 4, seed);
  for (const ResponseLength length : {ResponseLength::kNine, ResponseLength::kEleven, ResponseLength::kEither}) {
    for (uint32_t seed = 1; seed <= 300; seed++) damagedStreams(length, seed % 4, seed);
    cleanStreams(length, 1);
  }
  CHECK(recoveredFrames > intactFrames * 95 / 100 && recoveredFrames < intactFrames);

  // A silence before each frame, before some, before none: half of the streams are damaged.
  for (const unsigned silentOneIn : {1u, 4u, 0u}) {
    intactFrames = recoveredFrames = 0;
    for (uint32_t seed = 1; seed <= 300; seed++) damagedStreams(ResponseLength::kSeven, silentOneIn, seed);
    std::printf("bare frames, silence before one in %u: %lu of %lu intact ones found\n", silentOneIn, recoveredFrames, intactFrames);
    CHECK(recoveredFrames > intactFrames * (silentOneIn == 1 ? 98 : 93) / 100 && recoveredFrames < intactFrames);
  }
  cleanStreams(ResponseLength::kSeven, 1);
  return checks.finish();
}

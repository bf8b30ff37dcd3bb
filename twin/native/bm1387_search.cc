#include "bm1387_search.h"

#include <algorithm>
#include <cmath>

#include "decoy.h"

namespace asicr::bm1387 {
namespace {

// Candidates of one midstate hashed at a time: bounds the memory of a long step.
constexpr size_t kLaneCandidates = 4096;

// The finaliser of splitmix64 (Steele, Lea, Flood 2014).
uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

uint64_t absorb(uint64_t key, uint64_t word) { return mix((key ^ word) + 0x9e3779b97f4a7c15ULL); }

uint32_t loadBe32(const uint8_t* bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | bytes[3];
}

// All indices of one job: clock * 114 + core, where the clock counts midstates within counters.
uint64_t indices(const Job& job) { return kCounters * job.midstateCount * kCores; }

// The digest's 64 most significant bits, as the number that a difficulty is compared with.
uint64_t topBits(const uint8_t digest[32]) {
  uint64_t bits = 0;
  for (int i = 31; i >= 24; i--) bits = bits << 8 | digest[i];
  return bits;
}

uint64_t otherEnd(const uint8_t digest[32]) {
  uint64_t bits = 0;
  for (int i = 0; i < 8; i++) bits = bits << 8 | digest[i];
  return bits;
}

}  // namespace

Job makeJob(const uint8_t* frame, unsigned midstateCount, uint64_t serial) {
  Job job{};
  job.midstateCount = std::clamp(midstateCount, 1U, kMaxMidstates);
  job.id = frame[2];
  job.serial = serial;
  job.opensCore = (frame[8] & 1) != 0;
  for (unsigned i = 0; i < 4; i++) {
    job.tail[i] = frame[16 + i];
    job.tail[4 + i] = frame[12 + i];
    job.tail[8 + i] = frame[8 + i];
  }
  uint64_t key = absorb(0, job.midstateCount);
  for (uint8_t byte : job.tail) key = absorb(key, byte);
  for (unsigned lane = 0; lane < job.midstateCount; lane++) {
    for (unsigned word = 0; word < 8; word++) {
      const uint32_t value = loadBe32(frame + 20 + 32 * lane + 4 * (7 - word));
      job.midstates[lane].words[word] = value;
      key = absorb(key, value);
    }
  }
  job.key = key;
  return job;
}

ChainSweep::ChainSweep(size_t chips, unsigned workScale) : chips_(chips), workScale_(std::min(workScale, kMaxWorkScale)), gathered_(chips) {}

void ChainSweep::reset() {
  for (Chip& chip : chips_) {
    chip.job.reset();
    chip.finished = true;
    chip.open.reset();
    chip.pointer = 0;
    chip.gating = false;
    chip.multiMidstate = false;
    chip.finishedHashes = 0;
  }
}

void ChainSweep::setClock(size_t index, double tNs, double hz) {
  Chip& chip = chips_[index];
  chip.anchorClock = clockAt(chip, tNs);
  chip.anchorNs = tNs;
  chip.hz = hz;
}

void ChainSweep::setMode(size_t index, bool gating, bool multiMidstate) {
  chips_[index].gating = gating;
  chips_[index].multiMidstate = multiMidstate;
}

void ChainSweep::closeCores(size_t index, double tNs) {
  Chip& chip = chips_[index];
  // The counters start anew, so that what was counted with open cores is counted once.
  chip.finishedHashes = hashes(index, tNs);
  chip.job.reset();
  chip.finished = true;
  chip.open.reset();
  chip.pointer = 0;
}

void ChainSweep::startJob(double tNs, const uint8_t* hears, const Job& job) {
  const auto shared = std::make_shared<const Job>(job);
  for (size_t i = 0; i < chips_.size(); i++) {
    Chip& chip = chips_[i];
    if (hears[i] == 0 || (job.midstateCount > 1 && !chip.multiMidstate)) continue;
    chip.finishedHashes = hashes(i, tNs);
    if (chip.gating && chip.pointer < kCores) chip.open[chip.pointer++] = job.opensCore;
    chip.job = shared;
    chip.anchorNs = tNs;
    chip.anchorClock = 0;
    chip.first = (uint64_t{chip.address} << 17) * job.midstateCount * kCores;
    chip.block = chip.first >> workScale_;
    chip.wrapped = false;
    chip.finished = false;
  }
}

double ChainSweep::hashes(size_t index, double tNs) const {
  const Chip& chip = chips_[index];
  return chip.finishedHashes + clockAt(chip, tNs) * static_cast<double>(chip.open.count());
}

double ChainSweep::clockAt(const Chip& chip, double tNs) const {
  if (chip.job == nullptr) return 0;
  const double clock = chip.anchorClock + (tNs - chip.anchorNs) * chip.hz / 1e9;
  return std::min(clock, static_cast<double>(kCounters * chip.job->midstateCount));
}

// The one candidate that stands for the 2^workScale consecutive ones of the chip's block. Blocks are cut in the space that all
// chips share, so that a chip that runs into its neighbour's range finds what its neighbour finds (specs/bm1387.md 3.6).
bool ChainSweep::nextCandidate(Chip& chip, uint64_t& index, uint64_t& clock) const {
  const uint64_t end = indices(*chip.job);
  const uint64_t mask = (uint64_t{1} << workScale_) - 1;
  for (; !chip.finished; chip.block++) {
    uint64_t begin = chip.block << workScale_;
    if (begin >= end && !chip.wrapped) {
      chip.wrapped = true;
      chip.block = 0;
      begin = 0;
    }
    if (chip.wrapped && begin >= chip.first) {
      chip.finished = true;
      return false;
    }
    index = begin + (absorb(chip.job->key, chip.block) & mask);
    if (index >= end || (index < chip.first) != chip.wrapped) continue;
    clock = (chip.wrapped ? index + end - chip.first : index - chip.first) / kCores;
    return true;
  }
  return false;
}

void ChainSweep::gather(uint32_t chipIndex, double toNs, std::vector<Hit>& hits) {
  Chip& chip = chips_[chipIndex];
  if (chip.hz <= 0 || chip.open.none()) return;
  const CoreSet hashing = chip.open & ~chip.bad;
  const unsigned midstates = chip.job->midstateCount;
  uint64_t index = 0;
  uint64_t clock = 0;
  for (; nextCandidate(chip, index, clock); chip.block++) {
    const double tNs = chip.anchorNs + (static_cast<double>(clock) - chip.anchorClock) * 1e9 / chip.hz;
    if (tNs > toNs) return;
    const uint32_t core = static_cast<uint32_t>(index % kCores);
    if (!hashing[core]) continue;
    const unsigned lane = static_cast<unsigned>(index / kCores % midstates);
    const uint32_t counter = static_cast<uint32_t>(index / kCores / midstates);
    nonces_[lane].push_back(counter << 7 | coreId(core));
    picked_[lane].push_back({chipIndex, tNs});
    if (nonces_[lane].size() >= kLaneCandidates) hashLane(*chip.job, lane, hits);
  }
}

void ChainSweep::hashLane(const Job& job, unsigned lane, std::vector<Hit>& hits) {
  std::vector<uint32_t>& nonces = nonces_[lane];
  digests_.resize(nonces.size() * 32);
  sha256dTails(job.midstates[lane], job.tail.data(), nonces.data(), nonces.size(), digests_.data());
  for (size_t i = 0; i < nonces.size(); i++) {
    const uint8_t* digest = digests_.data() + i * 32;
    uint64_t bits = topBits(digest) >> workScale_;
    const bool solution = bits >> 32 == 0;
    if (!solution) bits = otherEnd(digest) >> workScale_;
    const uint64_t end = bits >> 32;
    if (end != 0 && (end != 1 || !takenOnceMore(digest, kMaxWorkScale - workScale_))) continue;
    const Picked& from = picked_[lane][i];
    hits.push_back({from.tNs, from.chip, nonces[i], lane, static_cast<uint32_t>(bits), job.id, job.serial, !solution});
  }
  nonces.clear();
  picked_[lane].clear();
}

void ChainSweep::advance(double toNs, std::vector<Hit>& hits) {
  const size_t sortFrom = hits.size();
  std::fill(gathered_.begin(), gathered_.end(), uint8_t{0});
  for (uint32_t i = 0; i < chips_.size(); i++) {
    if (gathered_[i] != 0 || chips_[i].finished || chips_[i].job == nullptr) continue;
    // Keeps the job alive, and puts all chips that have it into the same passes of the hash.
    const std::shared_ptr<const Job> job = chips_[i].job;
    for (uint32_t other = i; other < chips_.size(); other++) {
      if (chips_[other].job != job) continue;
      gathered_[other] = 1;
      if (!chips_[other].finished) gather(other, toNs, hits);
    }
    for (unsigned lane = 0; lane < job->midstateCount; lane++) hashLane(*job, lane, hits);
  }
  std::sort(hits.begin() + static_cast<std::ptrdiff_t>(sortFrom), hits.end(), [](const Hit& a, const Hit& b) {
    if (a.tNs != b.tNs) return a.tNs < b.tNs;
    return a.chip != b.chip ? a.chip < b.chip : a.nonceBe < b.nonceBe;
  });
}

}  // namespace asicr::bm1387

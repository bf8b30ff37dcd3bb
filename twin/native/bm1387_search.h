// The twin's search over a chain of BM1387: a fixed subset of the candidates its cores try, really hashed, at the times at which
// they try them (DESIGN section 4, twin; specs/bm1387.md 3.5, 3.6, 11).
#pragma once
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "../../common/native/sha256d.h"

namespace asicr::bm1387 {

constexpr unsigned kCores = 114;
constexpr unsigned kMaxMidstates = 4;
// Every core counts through 2^25 values. specs/bm1387.md 3.6
constexpr uint64_t kCounters = uint64_t{1} << 25;
constexpr unsigned kMaxWorkScale = 32;

using CoreSet = std::bitset<kCores>;

// A job as its frame gives it. specs/bm1387.md 1.6
struct Job {
  std::array<Midstate, kMaxMidstates> midstates;
  unsigned midstateCount;
  // Header bytes 64..75.
  std::array<uint8_t, 12> tail;
  // Bit 0 of nbits. specs/bm1387.md 3.5
  bool opensCore;
  uint8_t id;
  // Decides which candidate of each block is hashed. Of the job's content alone: the nonces a job has are the same on every chip.
  uint64_t key;
  // Counts the jobs of a chain.
  uint64_t serial;
};

// A candidate whose hash passes the chip's base filter, 32 zero bits less workScale. `decoy` marks one that does not, chosen
// by its other end (decoy.h): just as rare, so it stands for what a core in error would report instead.
struct Hit {
  double tNs;
  uint32_t chip;
  // Header bytes 76..79 as a big-endian word: counter in bits 31..7, core id below.
  uint32_t nonceBe;
  uint32_t midstate;
  // The 32 hash bits below the base filter: what the ticket mask looks at.
  uint32_t below;
  uint8_t jobId;
  uint64_t jobSerial;
  bool decoy;
};

// frame: a whole job frame of 22 + 32 n bytes, n = 1, 2 or 4, its checksum verified by the caller.
Job makeJob(const uint8_t* frame, unsigned midstateCount, uint64_t serial);

// Core ids have a gap: 0..56 and 64..120. specs/bm1387.md 3.6
constexpr uint32_t coreId(uint32_t logical) { return logical < 57 ? logical : logical + 7; }

// The cores and counters of all chips of a chain. Times are ns on the twin's clock and never go back; nothing depends on how
// often `advance` is called. Setters with a time expect that the chain has been advanced to it.
class ChainSweep {
 public:
  ChainSweep(size_t chips, unsigned workScale);

  size_t chips() const { return chips_.size(); }
  // RST: no job, cores closed, as before any MiscControl write. Clocks, addresses and bad cores stay until set.
  void reset();
  // Counts from address << 17 with the next job.
  void setAddress(size_t chip, uint32_t address) { chips_[chip].address = address; }
  // At once, with the counters running on. 0 stops them.
  void setClock(size_t chip, double tNs, double hz);
  // Whether arriving works open cores, and whether works with more than one midstate are taken.
  void setMode(size_t chip, bool gating, bool multiMidstate);
  // A MiscControl write with gate_block: all cores closed, pointer back to the first.
  void closeCores(size_t chip, double tNs);
  // Cores that find nothing.
  void setBadCores(size_t chip, const CoreSet& bad) { chips_[chip].bad = bad; }
  // The job reaches the chips for which `hears` is not 0, and replaces theirs at once.
  void startJob(double tNs, const uint8_t* hears, const Job& job);
  // Appends what was found up to and including `toNs`, in time order.
  void advance(double toNs, std::vector<Hit>& hits);
  // Hashes a chip has computed since power-up: clocks times open cores.
  double hashes(size_t chip, double tNs) const;
  size_t openCores(size_t chip) const { return chips_[chip].open.count(); }

 private:
  struct Chip {
    std::shared_ptr<const Job> job;
    uint32_t address = 0;
    double hz = 0;
    // Where the counters were at a known time: moved only by events, so that rounding does not depend on the ticks.
    double anchorNs = 0;
    double anchorClock = 0;
    CoreSet open;
    CoreSet bad;
    unsigned pointer = 0;
    bool gating = false;
    bool multiMidstate = false;
    double finishedHashes = 0;
    // Where the search stands: first index of the work, next block, and whether the counter has passed its top.
    uint64_t first = 0;
    uint64_t block = 0;
    bool wrapped = false;
    bool finished = true;
  };
  struct Picked {
    uint32_t chip;
    double tNs;
  };

  double clockAt(const Chip& chip, double tNs) const;
  bool nextCandidate(Chip& chip, uint64_t& index, uint64_t& clock) const;
  void gather(uint32_t chip, double toNs, std::vector<Hit>& hits);
  void hashLane(const Job& job, unsigned lane, std::vector<Hit>& hits);

  std::vector<Chip> chips_;
  unsigned workScale_;
  std::array<std::vector<uint32_t>, kMaxMidstates> nonces_;
  std::array<std::vector<Picked>, kMaxMidstates> picked_;
  std::vector<uint8_t> digests_;
  std::vector<uint8_t> gathered_;
};

}  // namespace asicr::bm1387

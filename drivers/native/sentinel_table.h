// The sentinel's table of decisions a second time, for the watchdog: what device/sentinel decides in TypeScript, from the same inputs, and a
// property test holds both to each other. No clock, no input or output.
#pragma once
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace asicr {

// device/sentinel/limits.ts, CONDITIONS, in their order.
constexpr size_t kConditions = 12;
// Of them, those that count with the supply off.
constexpr size_t kAlwaysCount = 5;

enum class Action { kNone = 0, kFanFull = 1, kPowerOff = 2 };

// The conditions, then what else can decide.
constexpr int kRuleOk = 12;
constexpr int kRuleTemperatureUnknown = 13;
constexpr int kRuleReadingsStale = 14;
constexpr int kRuleTemperatureMissing = 15;
constexpr int kRuleFanSlowToStart = 16;

struct Decision {
  Action action;
  int rule;
};

// A time that is not known.
constexpr int64_t kNoTime = std::numeric_limits<int64_t>::min();
// A number that is not known.
inline bool known(double value) { return !std::isnan(value); }

struct SentinelLimits {
  double maxPowerMw, maxChipTempC, maxRegulatorTempC, maxBoardTempC, maxInputCurrentMa;
  double maxChipRiseCPerS, riseWindowMs, minPlausibleC, fanStoppedRpm, fanCommandedPercent;
  double maxCoreVoltageMv, maxFrequencyMhz, blindMs, staleMs, settleMs, voltageTolerance, frequencyTolerance;
  std::array<double, kConditions> debounceMs;
  // From this frequency on, no more than this voltage; highest frequency first.
  std::vector<std::pair<double, double>> coreVoltageCaps;
};

// One reading and what was asked for when it was taken. NaN is unknown.
struct Look {
  int64_t atNs;
  double coreVoltageMv, inputCurrentMa, powerMw, chipTempC, boardTempC, regulatorTempC, fanRpm;
  double coreVoltageSetMv;
  int64_t coreVoltageSetNs;
  double frequencyMhz, fanPercent;
};

class SentinelTable {
 public:
  explicit SentinelTable(SentinelLimits limits) : limits_(std::move(limits)) { since_.fill(kNoTime); }

  // When the supply was switched on; kNoTime: it is off.
  void noteSupply(int64_t energisedNs);
  void observe(const Look& look);
  Decision decide(int64_t nowNs) const;

 private:
  struct TempAt {
    int64_t atNs;
    double tempC;
  };
  // Whether a condition holds; unknown leaves it as it was.
  enum class Holds { kNo, kYes, kUnknown };

  Holds holds(size_t condition, const Look& look) const;
  double coreVoltageCap(double frequencyMhz) const;
  double rise() const;

  const SentinelLimits limits_;
  std::array<int64_t, kConditions> since_;
  int64_t energisedNs_ = kNoTime;
  int64_t readAtNs_ = kNoTime;
  int64_t chipTempKnownNs_ = kNoTime;
  double chipTempC_ = std::numeric_limits<double>::quiet_NaN();
  std::vector<TempAt> chipTemps_;
};

}  // namespace asicr

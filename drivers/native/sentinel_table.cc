#include "drivers/native/sentinel_table.h"

#include <algorithm>

namespace asicr {

namespace {

constexpr double kLeastSpan = 0.75;

double elapsedMs(int64_t fromNs, int64_t toNs) { return static_cast<double>(toNs - fromNs) / 1e6; }

}  // namespace

void SentinelTable::noteSupply(int64_t energisedNs) {
  if (energisedNs == energisedNs_) return;
  energisedNs_ = energisedNs;
  chipTemps_.clear();
  std::fill(since_.begin() + kAlwaysCount, since_.end(), kNoTime);
}

void SentinelTable::observe(const Look& look) {
  const int64_t oldestNs = look.atNs - static_cast<int64_t>(limits_.riseWindowMs) * 1'000'000;
  chipTemps_.erase(std::remove_if(chipTemps_.begin(), chipTemps_.end(),
                                  [&](const TempAt& temp) { return temp.atNs < oldestNs || temp.atNs >= look.atNs; }),
                   chipTemps_.end());
  if (known(look.chipTempC)) {
    chipTemps_.push_back({look.atNs, look.chipTempC});
    chipTempKnownNs_ = look.atNs;
  }
  readAtNs_ = look.atNs;
  chipTempC_ = look.chipTempC;
  for (size_t condition = 0; condition < kConditions; condition++) {
    const bool counts = energisedNs_ != kNoTime || condition < kAlwaysCount;
    const Holds now = counts ? holds(condition, look) : Holds::kNo;
    if (now == Holds::kNo) since_[condition] = kNoTime;
    if (now == Holds::kYes && since_[condition] == kNoTime) since_[condition] = look.atNs;
  }
}

double SentinelTable::rise() const {
  constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  if (chipTemps_.empty()) return kUnknown;
  const auto seconds = [](const TempAt& from, const TempAt& to) { return static_cast<double>(to.atNs - from.atNs) / 1e9; };
  const TempAt& first = chipTemps_.front();
  const TempAt& last = chipTemps_.back();
  if (seconds(first, last) * 1000 < kLeastSpan * limits_.riseWindowMs) return kUnknown;
  const double halfS = seconds(first, last) / 2;
  const TempAt* middle = nullptr;
  double leastOff = 0;
  for (size_t i = 1; i + 1 < chipTemps_.size(); i++) {
    const double off = std::fabs(seconds(first, chipTemps_[i]) - halfS);
    if (middle != nullptr && off >= leastOff) continue;
    middle = &chipTemps_[i];
    leastOff = off;
  }
  if (middle == nullptr) return kUnknown;
  const auto slope = [&](const TempAt& from, const TempAt& to) { return (to.tempC - from.tempC) / seconds(from, to); };
  return std::min(slope(first, *middle), slope(*middle, last));
}

double SentinelTable::coreVoltageCap(double frequencyMhz) const {
  for (const auto& [fromMhz, maxMv] : limits_.coreVoltageCaps)
    if (frequencyMhz >= fromMhz * (1 + limits_.frequencyTolerance)) return maxMv;
  return limits_.maxCoreVoltageMv;
}

SentinelTable::Holds SentinelTable::holds(size_t condition, const Look& look) const {
  const auto above = [](double value, double limit) { return !known(value) ? Holds::kUnknown : value > limit ? Holds::kYes : Holds::kNo; };
  const auto below = [](double value, double limit) { return !known(value) ? Holds::kUnknown : value < limit ? Holds::kYes : Holds::kNo; };
  const bool settled = look.coreVoltageSetNs != kNoTime && elapsedMs(look.coreVoltageSetNs, look.atNs) >= limits_.settleMs;
  const double tolerance = limits_.voltageTolerance;
  switch (condition) {
    case 0:
      return above(look.chipTempC, limits_.maxChipTempC);
    case 1:
      return above(look.regulatorTempC, limits_.maxRegulatorTempC);
    case 2:
      return above(look.boardTempC, limits_.maxBoardTempC);
    case 3:
      return above(look.powerMw, limits_.maxPowerMw);
    case 4:
      return above(look.inputCurrentMa, limits_.maxInputCurrentMa);
    case 5: {
      if (!known(look.chipTempC)) return Holds::kUnknown;
      const double riseCPerS = rise();
      return known(riseCPerS) && riseCPerS > limits_.maxChipRiseCPerS ? Holds::kYes : Holds::kNo;
    }
    case 6:
      return above(look.coreVoltageMv, limits_.maxCoreVoltageMv * (1 + tolerance));
    case 7:
      return settled ? above(look.coreVoltageMv, look.coreVoltageSetMv * (1 + tolerance)) : Holds::kNo;
    case 8:
      return settled ? below(look.coreVoltageMv, look.coreVoltageSetMv * (1 - tolerance)) : Holds::kNo;
    case 9:
      if (!known(look.frequencyMhz)) return Holds::kNo;
      if (look.frequencyMhz > limits_.maxFrequencyMhz * (1 + limits_.frequencyTolerance)) return Holds::kYes;
      return look.coreVoltageSetNs != kNoTime && look.coreVoltageSetMv > coreVoltageCap(look.frequencyMhz) ? Holds::kYes : Holds::kNo;
    case 10:
      return below(look.chipTempC, limits_.minPlausibleC);
    default:
      if (!known(look.fanPercent) || look.fanPercent < limits_.fanCommandedPercent) return Holds::kNo;
      return below(look.fanRpm, limits_.fanStoppedRpm);
  }
}

Decision SentinelTable::decide(int64_t nowNs) const {
  const size_t counting = energisedNs_ == kNoTime ? kAlwaysCount : kConditions;
  for (size_t condition = 0; condition < counting; condition++) {
    if (since_[condition] == kNoTime) continue;
    if (std::max(0.0, elapsedMs(since_[condition], nowNs)) >= limits_.debounceMs[condition])
      return {Action::kPowerOff, static_cast<int>(condition)};
  }
  if (energisedNs_ == kNoTime) return {Action::kNone, kRuleOk};
  const int64_t seenNs = chipTempKnownNs_ != kNoTime && chipTempKnownNs_ > energisedNs_ ? chipTempKnownNs_ : energisedNs_;
  if (elapsedMs(seenNs, nowNs) > limits_.blindMs) return {Action::kPowerOff, kRuleTemperatureUnknown};
  if (readAtNs_ == kNoTime || elapsedMs(readAtNs_, nowNs) > limits_.staleMs) return {Action::kFanFull, kRuleReadingsStale};
  if (!known(chipTempC_)) return {Action::kFanFull, kRuleTemperatureMissing};
  if (since_[kConditions - 1] != kNoTime) return {Action::kFanFull, kRuleFanSlowToStart};
  return {Action::kNone, kRuleOk};
}

}  // namespace asicr

// Transfers on a Linux I2C bus (/dev/i2c-N) through its ioctls. A descriptor is the caller's; nothing here keeps it.
#pragma once
#include <linux/i2c.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace asicr {

// What i2c-dev takes in one message.
constexpr size_t kI2cMaxBytes = 8192;
// 7 bits, the reserved addresses included: a TPS546 of the LV08 sits at 0x7f.
constexpr uint16_t kI2cMaxAddress = 0x7f;

// A write, a read, or a write and then a read after a repeated start. `read` is as long as what is to be read.
struct I2cTransfer {
  uint16_t address = 0;
  std::vector<uint8_t> write;
  std::vector<uint8_t> read;
};

// Can the kernel take it? Not without bytes, and not with more than it takes at once.
bool i2cTransferFits(const I2cTransfer& transfer);

// The messages of the transfer, pointing into it; returns how many there are, 1 or 2.
size_t i2cMessages(I2cTransfer& transfer, std::array<i2c_msg, 2>& messages);

// Fills transfer.read. 0, or the errno with which the kernel refused; EIO when it stopped half-way without one.
int i2cRun(int fd, I2cTransfer& transfer);

// What the adapter can do, as I2C_FUNC_... bits. 0, or errno: ENOTTY when the descriptor is no I2C bus.
int i2cFunctions(int fd, unsigned long& functions);

}  // namespace asicr

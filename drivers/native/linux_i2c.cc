#include "drivers/native/linux_i2c.h"

#include <linux/i2c-dev.h>
#include <sys/ioctl.h>

#include <cerrno>

namespace asicr {

bool i2cTransferFits(const I2cTransfer& transfer) {
  return transfer.address <= kI2cMaxAddress && !(transfer.write.empty() && transfer.read.empty()) && transfer.write.size() <= kI2cMaxBytes &&
         transfer.read.size() <= kI2cMaxBytes;
}

size_t i2cMessages(I2cTransfer& transfer, std::array<i2c_msg, 2>& messages) {
  size_t count = 0;
  const auto add = [&](std::vector<uint8_t>& bytes, uint16_t flags) {
    if (bytes.empty()) return;
    i2c_msg& message = messages[count++];
    message.addr = transfer.address;
    message.flags = flags;
    message.len = static_cast<uint16_t>(bytes.size());
    message.buf = bytes.data();
  };
  add(transfer.write, 0);
  add(transfer.read, I2C_M_RD);
  return count;
}

int i2cRun(int fd, I2cTransfer& transfer) {
  std::array<i2c_msg, 2> messages{};
  const size_t count = i2cMessages(transfer, messages);
  i2c_rdwr_ioctl_data request{};
  request.msgs = messages.data();
  request.nmsgs = static_cast<uint32_t>(count);
  const int done = ioctl(fd, I2C_RDWR, &request);
  if (done < 0) return errno;
  return static_cast<size_t>(done) == count ? 0 : EIO;
}

int i2cFunctions(int fd, unsigned long& functions) {
  functions = 0;
  return ioctl(fd, I2C_FUNCS, &functions) < 0 ? errno : 0;
}

}  // namespace asicr

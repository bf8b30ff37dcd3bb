#include "drivers/native/linux_i2c.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "common/native/check.h"

using namespace asicr;

namespace {

void aWriteThenReadIsTwoMessagesIntoTheTransfersOwnBytes() {
  I2cTransfer transfer{0x4c, {0x01, 0x02}, std::vector<uint8_t>(3)};
  std::array<i2c_msg, 2> messages{};
  CHECK_EQUAL(i2cMessages(transfer, messages), 2u);
  CHECK_EQUAL(messages[0].addr, 0x4c);
  CHECK_EQUAL(messages[0].flags, 0);
  CHECK_EQUAL(messages[0].len, 2);
  CHECK(messages[0].buf == transfer.write.data());
  CHECK_EQUAL(messages[1].addr, 0x4c);
  CHECK_EQUAL(messages[1].flags, I2C_M_RD);
  CHECK_EQUAL(messages[1].len, 3);
  CHECK(messages[1].buf == transfer.read.data());
}

void aWriteOrAReadAloneIsOneMessage() {
  std::array<i2c_msg, 2> messages{};
  I2cTransfer write{0x55, {0xaa}, {}};
  CHECK_EQUAL(i2cMessages(write, messages), 1u);
  CHECK_EQUAL(messages[0].flags, 0);
  I2cTransfer read{0x55, {}, std::vector<uint8_t>(1)};
  CHECK_EQUAL(i2cMessages(read, messages), 1u);
  CHECK_EQUAL(messages[0].flags, I2C_M_RD);
}

void whatTheKernelDoesNotTakeDoesNotFit() {
  CHECK(i2cTransferFits({0x7f, {0}, {}}));
  CHECK(!i2cTransferFits({0x80, {0}, {}}));
  CHECK(!i2cTransferFits({0x10, {}, {}}));
  CHECK(i2cTransferFits({0x10, std::vector<uint8_t>(kI2cMaxBytes), {}}));
  CHECK(!i2cTransferFits({0x10, std::vector<uint8_t>(kI2cMaxBytes + 1), {}}));
  CHECK(!i2cTransferFits({0x10, {}, std::vector<uint8_t>(kI2cMaxBytes + 1)}));
}

void whatIsNoBusIsRefusedByTheKernel() {
  I2cTransfer transfer{0x55, {0xaa}, {}};
  unsigned long functions = 1;
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  CHECK_EQUAL(i2cRun(null, transfer), ENOTTY);
  CHECK_EQUAL(i2cFunctions(null, functions), ENOTTY);
  CHECK_EQUAL(functions, 0u);
  close(null);
  CHECK_EQUAL(i2cRun(null, transfer), EBADF);

  std::FILE* file = std::tmpfile();
  CHECK(file != nullptr);
  if (file == nullptr) return;
  CHECK_EQUAL(i2cFunctions(fileno(file), functions), ENOTTY);
  std::fclose(file);
}

}  // namespace

int main() {
  aWriteThenReadIsTwoMessagesIntoTheTransfersOwnBytes();
  aWriteOrAReadAloneIsOneMessage();
  whatTheKernelDoesNotTakeDoesNotFit();
  whatIsNoBusIsRefusedByTheKernel();
  return checks.finish();
}

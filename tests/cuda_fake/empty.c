// A library of the name libcuda.so that is no driver.
int nothing;

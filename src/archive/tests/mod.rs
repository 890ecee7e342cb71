mod checking;
mod honest;
mod limits;
mod lying;
mod mutation;
mod names;
mod unpacking;

#undef ZMQX_EXPORT

#endif /* __ZMQX_H_INCLUDED__ */

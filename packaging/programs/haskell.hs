-- Haskell's zeromq4-haskell.
-- packages: libghc-zeromq4-haskell-dev ghc
-- run: cp haskell.hs /tmp && cd /tmp && env -u LD_PRELOAD ghc -v0 -threaded -dynamic haskell.hs -o exchange && ./exchange
{-# LANGUAGE OverloadedStrings #-}
import Control.Monad (forM_)
import qualified Data.ByteString.Char8 as B
import System.ZMQ4

main :: IO ()
main = withContext $ \context ->
  withSocket context Rep $ \rep ->
    withSocket context Req $ \req -> do
      bind rep "tcp://127.0.0.1:*"
      endpoint <- lastEndpoint rep
      connect req endpoint
      forM_ ["one", "two", "three"] $ \word -> do
        send req [] word
        question <- receive rep
        send rep [] (B.append "answer to " question)
        receive req >>= B.putStrLn
